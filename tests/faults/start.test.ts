import { execFile, spawn, type ChildProcess } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../server/platform/clock";
import { parseConfig } from "../../server/platform/config";
import { waitUntil } from "../../server/platform/wait-until";
import { runOnHost } from "../../server/sandboxes/drivers/docker/host-command";
import { ownEngineHost } from "../../setup/own-engine";
import { findFreePort } from "../support/free-port";
import { makeDataFolder, removeDataFolder } from "../support/platform";

const { volumesFolder } = parseConfig(process.env).sandbox;
const ROOT = path.resolve(import.meta.dirname, "../..");

const OUTPUT_MS_MAX = 120_000;

interface Ending {
  readonly exitCode: number | null;
  readonly output: string;
}

describe("npm start, where it cannot work", () => {
  let dataFolder: string;
  beforeAll(async () => {
    dataFolder = await makeDataFolder();
  });
  afterAll(() => removeDataFolder(dataFolder));

  const start = (env: Record<string, string>): Promise<Ending> =>
    begin({ SLIPWAY_DATA_DIR: dataFolder, ...env }).ended;

  it("says that the port is taken, and how to take another", async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, "127.0.0.1", resolve));
    const address = squatter.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { exitCode, output } = await start({ PORT: String(port) });
    squatter.close();
    expect(exitCode).toBe(1);
    expect(output).toContain(`Port ${port} on 127.0.0.1 is taken`);
    expect(output).toContain(`PORT=${port + 1} npm start`);
    expect(output).not.toContain("    at ");
  });

  it("says that no engine answers where it was told to look, and what to do", async () => {
    const { exitCode, output } = await start({ PORT: "0", DOCKER_HOST: "unix:///nowhere/docker.sock" });
    expect(exitCode).toBe(1);
    expect(output).toContain("No Docker Engine answers at unix:///nowhere/docker.sock");
    expect(output).toContain("unset DOCKER_HOST");
    expect(output).not.toContain("    at ");
  });

  it("names every bad setting at once", async () => {
    const { exitCode, output } = await start({ PORT: "many", SANDBOX_MEMORY_MIB: "12" });
    expect(exitCode).toBe(1);
    expect(output).toContain("PORT");
    expect(output).toContain("SANDBOX_MEMORY_MIB");
    expect(output).toContain(".env.example");
  });
});

describe("npm start, ended", () => {
  let dataFolder: string;
  beforeAll(async () => {
    dataFolder = await makeDataFolder();
  });
  afterAll(async () => {
    // An engine mounts its own folder onto itself, and one that is ended while it starts leaves that.
    await runOnHost(["umount", path.join(dataFolder, "engine/data")]).catch(() => undefined);
    await removeDataFolder(dataFolder, volumesFolder);
  });

  const programsOf = async (text: string): Promise<readonly string[]> => {
    const found = await Promise.all(
      (await readdir("/proc")).map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "")),
    );
    return found.filter((commandLine) => commandLine.includes(text));
  };

  it("runs the platform, and takes all that it started down with Ctrl-C", async () => {
    const port = await findFreePort();
    const { child, ended, until } = begin({
      ...{ SLIPWAY_DATA_DIR: dataFolder, SANDBOX_VOLUMES_DIR: volumesFolder, POOL_TARGET: "0" },
      PORT: String(port),
    });
    const banner = await until("Ctrl-C stops it");
    expect(banner).toMatch(/Join code +[A-Z0-9]{4}-[A-Z0-9]{4}/);
    expect(banner).toMatch(/Instructor link +\S+\/setup#/);
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    // Whoever can sign in no more asks the machine, which leaves the platform's database running.
    expect(await printAdminLink(dataFolder)).toMatch(/\/setup#[\w-]{43} to make an admin/);
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    child.kill("SIGINT");
    // The terminal's Ctrl-C reaches the whole group; here the server has to be told by it.
    for (const pid of await childrenOf(child.pid)) process.kill(pid, "SIGINT");
    const { exitCode, output } = await ended;
    expect(exitCode).toBe(0);
    expect(output).not.toContain("    at ");
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
    expect(await programsOf(dataFolder)).toEqual([]);
  });

  it("leaves nothing running when it is ended in the middle of its set-up", async () => {
    const { child, ended, until } = begin({
      ...{ SLIPWAY_DATA_DIR: dataFolder, DOCKER_HOST: ownEngineHost(dataFolder), PORT: "0" },
    });
    await until("starting a Docker Engine of our own");
    child.kill("SIGTERM");
    const { exitCode, output } = await ended;
    expect(exitCode).toBe(143);
    expect(output).toContain("stopping");
    expect(output).not.toContain("    at ");
    expect(await programsOf(dataFolder)).toEqual([]);
  });
});

interface Begun {
  readonly child: ChildProcess;
  readonly ended: Promise<Ending>;
  /** Resolves with all that it has said once that contains `text`. */
  readonly until: (text: string) => Promise<string>;
}

/** What `npm start` runs once the dependencies are there. */
function begin(env: Record<string, string>): Begun {
  const child = spawn(process.execPath, ["--import", "tsx", "setup/start.ts"], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<Ending>((resolve) => {
    child.once("close", (exitCode) => {
      resolve({ exitCode, output });
    });
  });
  return {
    ...{ child, ended },
    until: async (text) => {
      const isSaid = (): boolean => {
        if (child.exitCode !== null) throw new Error(`it ended: ${output}`);
        return output.includes(text);
      };
      await waitUntil(`it says ${text}`, isSaid, {
        timeoutMs: OUTPUT_MS_MAX,
        pollMs: 20,
        clock: systemClock,
      });
      return output;
    },
  };
}

/** What `npm run admin-link` prints. */
async function printAdminLink(dataFolder: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", "setup/admin-link.ts"], {
    cwd: ROOT,
    env: { ...process.env, SLIPWAY_DATA_DIR: dataFolder },
  });
  return stdout;
}

async function childrenOf(pid: number | undefined): Promise<readonly number[]> {
  const text = await readFile(`/proc/${String(pid)}/task/${String(pid)}/children`, "utf8");
  return text.trim().split(" ").filter(Boolean).map(Number);
}
