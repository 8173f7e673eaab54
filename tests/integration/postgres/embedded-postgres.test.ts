import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../server/platform/clock";
import { startEmbeddedPostgres } from "../../../server/platform/database/embedded-postgres";
import { waitUntil } from "../../../server/platform/wait-until";

const MODULE = path.resolve(import.meta.dirname, "../../../server/platform/database/embedded-postgres.ts");

describe("an embedded Postgres whose first start was killed while it made the cluster", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "slipway-pg-killed-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));

  const expectToStart = async (): Promise<void> => {
    const postgres = await startEmbeddedPostgres({ folder, database: "slipway", timeoutMs: 10_000 });
    await postgres.stop();
    expect((await readdir(folder)).sort()).toEqual(["password", "pgdata", "postgres.log"]);
  };

  it("starts when initdb was killed too", async () => {
    const first = spawnFirstStart(folder);
    await untilClusterIsBegun(folder);
    process.kill(-Number(first.pid), "SIGKILL");
    await once(first, "exit");
    await expectToStart();
  });

  it("starts while the initdb that was left behind still runs", async () => {
    const first = spawnFirstStart(folder);
    await untilClusterIsBegun(folder);
    first.kill("SIGKILL");
    await once(first, "exit");
    await expectToStart();
  });
});

/** In a process group of its own, which initdb shares. */
function spawnFirstStart(folder: string): ChildProcess {
  const options = JSON.stringify({ folder, database: "slipway", timeoutMs: 10_000 });
  const script = `import(${JSON.stringify(MODULE)}).then((m) => m.startEmbeddedPostgres(${options}))`;
  return spawn(process.execPath, ["--import", "tsx", "--eval", script], { detached: true, stdio: "ignore" });
}

/** `PG_VERSION` is what initdb writes first. */
async function untilClusterIsBegun(folder: string): Promise<void> {
  await waitUntil(
    "initdb has begun",
    async () => {
      const name = (await readdir(folder)).find((entry) => entry.startsWith("pgdata")) ?? "";
      await access(path.join(folder, name, "PG_VERSION"));
      return true;
    },
    { timeoutMs: 15_000, pollMs: 5, clock: systemClock },
  );
}
