import { spawn, type ChildProcess } from "node:child_process";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { systemClock } from "../../server/platform/clock";
import { purgeDocker } from "../../server/sandboxes/drivers/docker/purge-docker";
import { findFreePort } from "./free-port";
import { silentLogger } from "./silent-logger";

export interface PlatformOptions {
  /** Kept between starts by whoever gives it; else a fresh folder that `dispose` removes. */
  readonly dataFolder?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly port?: number;
  /** Folder whose content, migrations and pages it serves; by default this checkout. */
  readonly root?: string;
  /** Runs the server in another network: a command that runs what follows it there, and the address where it is reached. */
  readonly elsewhere?: { readonly launcher: readonly string[]; readonly address: string };
}

/** The real server as a process of its own, as `npm start` runs it. */
export interface Platform {
  readonly url: string;
  readonly port: number;
  readonly dataFolder: string;
  readonly joinCode: string;
  /** The one-time instructor link; null when there is an admin already. */
  readonly setupUrl: string | null;
  readonly pid: number;
  /** Everything that it has written so far. */
  readonly output: () => string;
  /** SIGTERM, awaited; answers the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL, awaited: nothing is cleaned up. */
  kill(): Promise<void>;
}

const ROOT = path.resolve(import.meta.dirname, "../..");

/** Starts `dist/server/main.js`, which must have been built, and resolves when it has printed its banner. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const dataFolder = options.dataFolder ?? (await makeDataFolder());
  const port = options.port ?? (await findFreePort());
  const { child, url } = runServer(options, { dataFolder, port });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  await untilReady(child, () => output, options.timeoutMs ?? 60_000);
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return exited;
  };
  return {
    url,
    port,
    dataFolder,
    joinCode: /Join code\s+([A-Z0-9-]+)/.exec(output)?.[1] ?? "",
    setupUrl: /Instructor link\s+(\S+)/.exec(output)?.[1] ?? null,
    pid: child.pid ?? 0,
    output: () => output,
    stop: () => end("SIGTERM"),
    kill: async () => {
      await end("SIGKILL");
    },
  };
}

function runServer(
  { elsewhere, env, root = ROOT }: PlatformOptions,
  { dataFolder, port }: { readonly dataFolder: string; readonly port: number },
) {
  const url = `http://${elsewhere?.address ?? "localhost"}:${port}`;
  const command = [process.execPath, "--enable-source-maps", "dist/server/main.js"];
  const [program = "", ...args] = [...(elsewhere?.launcher ?? []), ...command];
  const child = spawn(program, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      NODE_ENV: "production",
      PORT: String(port),
      SLIPWAY_DATA_DIR: dataFolder,
      LOG_FORMAT: "json",
      ...(elsewhere && { HOST: "0.0.0.0", PUBLIC_URL: url }),
      ...env,
    },
  });
  return { child, url };
}

/** A folder that the account of the embedded Postgres can reach too. */
export async function makeDataFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "slipway-test-"));
  await chmod(folder, 0o755);
  return folder;
}

/**
 * Takes everything that a stopped platform has left off the machine: its sandboxes, their volumes, its data. `volumesFolder` is where
 * the volumes were, when not in the data folder.
 */
export async function removeDataFolder(folder: string, volumesFolder = folder): Promise<void> {
  const text = await readFile(path.join(folder, "installation.json"), "utf8").catch(() => undefined);
  if (text !== undefined) {
    const { installationId } = JSON.parse(text) as { installationId: string };
    await purgeDocker({
      dockerHost: process.env["DOCKER_HOST"],
      installationId,
      tokenOf: () => "",
      image: "slipway/sandbox:current",
      dataFolder: volumesFolder,
      startTimeoutMs: 60_000,
      clock: systemClock,
      log: silentLogger(),
    });
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

async function untilReady(child: ChildProcess, output: () => string, timeoutMs: number): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  while (!output().includes("Ctrl-C stops it")) {
    if (child.exitCode !== null || Date.now() > deadlineMs) {
      child.kill("SIGKILL");
      throw new Error(`the platform did not start:\n${output().slice(-4_000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
