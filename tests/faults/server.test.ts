import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../server/platform/clock";
import { waitUntil } from "../../server/platform/wait-until";
import { bundleServer } from "../../setup/bundle-server";
import { joinAs, untilSandboxReady } from "../support/attendee";
import { countSandboxContainers } from "../support/engine-census";
import { makeDataFolder, removeDataFolder, startPlatform, type Platform } from "../support/platform";
import { openTerminal } from "../support/terminal-client";
import { startTestDatabase, type TestDatabase } from "../support/test-database";

const ROOT = path.resolve(import.meta.dirname, "../..");
const LINES = 1_500;
const within = { timeoutMs: 60_000, clock: systemClock };

/** The real server in a process of its own, with real sandboxes, hurt on purpose. */
describe("a server that is hurt", () => {
  let dataFolder: string;
  let platform: Platform;

  beforeAll(async () => {
    await bundleServer(ROOT);
    dataFolder = await makeDataFolder();
    platform = await startPlatform({ dataFolder });
  });
  afterAll(async () => {
    await platform.stop();
    await removeDataFolder(dataFolder);
  });

  const restart = async (): Promise<void> => {
    platform = await startPlatform({ dataFolder, port: platform.port });
  };

  it("killed with -9 while a terminal prints: the same sandbox, the same shell, every byte once", async () => {
    const attendee = await joinAs("Killed", platform);
    await untilSandboxReady(attendee);
    const before = await openTerminal(attendee, { cohortId: attendee.cohortId });
    await before.waitFor(/\$ $/);
    before.type(`for i in $(seq 1 ${LINES}); do echo line-$i; sleep 0.002; done; echo the-end-$((40+2))\n`);
    const first = await before.waitFor(/line-200\r/);
    await platform.kill();
    await before.closed;
    const rest = await before.waitFor(/(?:)/);
    await restart();
    const after = await openTerminal(attendee, {
      cohortId: attendee.cohortId,
      terminalId: before.terminalId,
      offset: before.offset(),
    });
    const last = await after.waitFor(/the-end-42/, 30_000);
    const numbers = [...(first + rest + last).matchAll(/line-(\d+)\r/g)].map((match) => Number(match[1]));
    expect(numbers).toEqual(Array.from({ length: LINES }, (_, index) => index + 1));
    after.close();
    expect(await countSandboxContainers(dataFolder)).toBe(1);
  });

  it("killed with -9 in the middle of making a sandbox: the next server makes exactly that one", async () => {
    const attendee = await joinAs("Half-made", platform);
    await attendee.api.sandboxes.request.mutate({ cohortId: attendee.cohortId });
    await waitUntil(
      "its container exists",
      async () => (await countSandboxContainers(dataFolder)) === 2,
      within,
    );
    await platform.kill();
    await restart();
    await untilSandboxReady(attendee);
    expect(await countSandboxContainers(dataFolder)).toBe(2);
    const terminal = await openTerminal(attendee, { cohortId: attendee.cohortId });
    await terminal.waitFor(/\$ $/);
    terminal.close();
  });

  it("with its embedded Postgres killed with -9: starts it again by itself and has lost nothing", async () => {
    const attendee = await joinAs("Crashed", platform);
    const pidFile = await readFile(path.join(dataFolder, "postgres/pgdata/postmaster.pid"), "utf8");
    process.kill(Number(pidFile.split("\n")[0]), "SIGKILL");
    const refusals: unknown[] = [];
    const answered = async (): Promise<boolean> => {
      const cohorts = await attendee.api.cohorts.mine.query().catch((error: unknown) => refusals.push(error));
      return (
        Array.isArray(cohorts) &&
        cohorts.length === 1 &&
        (await fetch(`${platform.url}/readyz`)).status === 200
      );
    };
    await waitUntil("it has come back", answered, within);
    for (const refusal of refusals)
      expect(refusal).toMatchObject({ data: { appCode: "database.unavailable" } });
  });
});

describe("a server whose database is somewhere else", () => {
  let database: TestDatabase;
  let dataFolder: string;
  let platform: Platform;

  beforeAll(async () => {
    database = await startTestDatabase();
    dataFolder = await makeDataFolder();
    platform = await startPlatform({ dataFolder, env: { DATABASE_URL: database.url } });
  });
  afterAll(async () => {
    await platform.stop();
    await removeDataFolder(dataFolder);
    await database.dispose();
  });

  it("goes on without it: terminals work, calls say so within seconds, and everything recovers by itself", async () => {
    const attendee = await joinAs("Offline", platform);
    await untilSandboxReady(attendee);
    const terminal = await openTerminal(attendee, { cohortId: attendee.cohortId });
    await terminal.waitFor(/\$ $/);
    await database.halt();
    const startedAtMs = Date.now();
    const refused = await attendee.api.cohorts.mine.query().catch((error: unknown) => error);
    expect(refused).toMatchObject({
      data: { appCode: "database.unavailable", httpStatus: 503, isRetryable: true },
    });
    expect(Date.now() - startedAtMs).toBeLessThan(6_000);
    terminal.type("echo still-$((40+2))\n");
    await terminal.waitFor(/still-42/);
    expect((await fetch(`${platform.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${platform.url}/readyz`)).status).toBe(503);
    await database.restart();
    await waitUntil(
      "calls are answered again",
      async () => (await attendee.api.cohorts.mine.query()).length === 1,
      within,
    );
    await waitUntil(
      "it is ready again",
      async () => (await fetch(`${platform.url}/readyz`)).status === 200,
      within,
    );
    terminal.close();
  });
});
