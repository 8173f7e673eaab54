import { spawn } from "node:child_process";
import { open, readdir, readFile } from "node:fs/promises";
import { AppError } from "../../../platform/errors";

const STOP_MS = 4_000;
const POLL_MS = 20;

/**
 * Starts an agent that outlives this process, its output in a file.
 * @returns its process id
 */
export async function startAgentProcess(options: {
  readonly command: readonly [string, ...string[]];
  readonly configFile: string;
  readonly home: string;
  readonly logFile: string;
}): Promise<number> {
  const [file, ...rest] = options.command;
  const log = await open(options.logFile, "a", 0o600);
  try {
    const child = spawn(file, [...rest, "--config", options.configFile], {
      cwd: options.home,
      env: { NODE_ENV: "production", PATH: SEARCH_PATH, HOME: options.home },
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    child.unref();
    return child.pid ?? 0;
  } catch (cause) {
    throw new AppError("sandbox.start-failed", `the agent's process did not start: ${file}`, { cause });
  } finally {
    await log.close();
  }
}

const SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** True while `pid` is an agent of ours: another program may have got the number since. */
export async function isAgentAlive(pid: number, configFile: string): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => undefined);
  if (commandLine !== undefined) return commandLine.includes(configFile);
  // Without /proc (macOS), the number alone has to do.
  return process.platform !== "linux" && sendSignal(pid, 0);
}

/** Ends the agent and everything whose home is the sandbox's; resolves when all of it is gone. Idempotent. */
export async function stopAgentProcess(
  pid: number | null,
  { configFile, home }: { readonly configFile: string; readonly home: string },
): Promise<void> {
  const deadlineMs = Date.now() + STOP_MS;
  if (pid !== null && (await isAgentAlive(pid, configFile))) sendSignal(pid, "SIGTERM");
  while (pid !== null && Date.now() < deadlineMs && (await isAgentAlive(pid, configFile))) await pause();
  for (let round = 0; round < 100; round += 1) {
    if (pid !== null && (await isAgentAlive(pid, configFile))) sendSignal(pid, "SIGKILL");
    const left = await processesAtHome(home);
    for (const member of left) sendSignal(member, "SIGKILL");
    if (left.length === 0) return;
    await pause();
  }
  throw new AppError("driver.unreachable", "processes of a sandbox could not be ended");
}

/** Programs that left their session are still found by the home that they were given. Linux only. */
async function processesAtHome(home: string): Promise<number[]> {
  const names = await readdir("/proc").catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      return `\0${environment}`.includes(`\0HOME=${home}\0`) ? pid : undefined;
    }),
  );
  return found.filter((pid) => pid !== undefined);
}

function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
