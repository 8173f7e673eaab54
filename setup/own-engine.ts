import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { pingEngine } from "./docker-client";
import { findProgram } from "./packages";
import { asRoot, isRoot, type Argv } from "./root";
import { runCommand } from "./run-command";
import { SetupProblem } from "./setup-problem";

/** From spawn to the first answer; 1 to 2 s are usual, more when it finds many containers to restore. */
const START_MS_MAX = 30_000;
const STOP_MS_MAX = 20_000;
const LOG_BYTES_MAX = 20 * 1_024 * 1_024;
/** 4,096 networks of 14 addresses: one sandbox has one. Docker's own default is about 30 networks. */
const ADDRESS_POOL = "base=10.213.0.0/16,size=28";

/** What this process has started last. */
let spawned: ChildProcess | undefined;

/** The `DOCKER_HOST` of the engine that would live in this data folder. */
export function ownEngineHost(dataFolder: string): string {
  return `unix://${pathsOf(dataFolder).socket}`;
}

/** True when the engine of this data folder answers. */
export async function isOwnEngineRunning(dataFolder: string): Promise<boolean> {
  return (await pingEngine(ownEngineHost(dataFolder))) === "answers";
}

/**
 * Starts `dockerd` detached, with everything it keeps below `<dataFolder>/engine`, and returns when it answers. Clears away
 * what an engine that was killed left; joins one that somebody else is starting.
 *
 * @throws SetupProblem naming the engine's log file.
 */
export async function startOwnEngine(dataFolder: string): Promise<void> {
  const paths = pathsOf(dataFolder);
  await mkdir(paths.folder, { recursive: true });
  if ((await enginePid(paths)) === undefined) {
    await clearStalePidFiles(paths);
    await writeFile(paths.config, "{}\n");
    await spawnEngine(paths);
  }
  const deadlineMs = Date.now() + START_MS_MAX;
  while (Date.now() < deadlineMs) {
    if ((await pingEngine(ownEngineHost(dataFolder), 1_000)) === "answers") return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new SetupProblem(
    `The Docker Engine did not answer within ${START_MS_MAX / 1_000} s. It said: ${await lastLogLine(paths.log)}`,
    `Read ${paths.log}; the machine must allow network bridges, iptables and overlay mounts.`,
  );
}

/** Asks the engine to stop and waits for it; containers go on. Kills it when it does not stop in time. Idempotent. */
export async function stopOwnEngine(dataFolder: string): Promise<void> {
  const paths = pathsOf(dataFolder);
  const pid = await enginePidSoon(paths);
  if (pid === undefined) return;
  for (const signal of ["TERM", "KILL"]) {
    await runCommand(await asRoot(["kill", `-${signal}`, String(pid)], "Stopping the Docker Engine"), {
      timeoutMs: 5_000,
    }).catch(() => undefined);
    if (await isGone(paths)) return;
  }
}

/** One that this process has just started has not written its process id yet. */
async function enginePidSoon(paths: EnginePaths): Promise<number | undefined> {
  const deadlineMs = Date.now() + START_MS_MAX;
  for (;;) {
    const pid = await enginePid(paths);
    const isComing = spawned !== undefined && spawned.exitCode === null && spawned.signalCode === null;
    if (pid !== undefined || !isComing || Date.now() > deadlineMs) return pid;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

type EnginePaths = ReturnType<typeof pathsOf>;

function pathsOf(dataFolder: string) {
  const folder = path.join(dataFolder, "engine");
  return {
    folder,
    data: path.join(folder, "data"),
    run: path.join(folder, "run"),
    socket: path.join(folder, "docker.sock"),
    pidFile: path.join(folder, "dockerd.pid"),
    config: path.join(folder, "daemon.json"),
    log: path.join(folder, "dockerd.log"),
  };
}

async function spawnEngine(paths: EnginePaths): Promise<void> {
  const dockerd = (await findProgram("dockerd")) ?? "dockerd";
  const command = await asRoot([dockerd, ...engineFlags(paths)], "Starting a Docker Engine");
  const log = await openLog(paths.log);
  try {
    const child = spawn(command[0], command.slice(1), {
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      // Debian keeps iptables and the container runtime in sbin, which ordinary accounts have not in their PATH.
      env: { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin` },
    });
    // A failed spawn shows as an engine that does not answer; its reason is in the log.
    child.on("error", () => (spawned = undefined));
    child.unref();
    spawned = child;
  } finally {
    await log.close();
  }
}

/** Only flags: a daemon.json of another engine on this machine (`/etc/docker`) must not be read. */
function engineFlags(paths: EnginePaths): Argv {
  const group = isRoot() ? [] : ["--group", String(process.getgid?.() ?? 0)];
  return [
    `--config-file=${paths.config}`,
    `--data-root=${paths.data}`,
    `--exec-root=${paths.run}`,
    `--pidfile=${paths.pidFile}`,
    `--host=unix://${paths.socket}`,
    // No docker0 at all: another engine on this machine may own it. Sandboxes have networks of their own.
    "--bridge=none",
    `--default-address-pool=${ADDRESS_POOL}`,
    "--live-restore",
    "--log-driver=json-file",
    "--log-opt=max-size=5m",
    "--log-opt=max-file=2",
    ...group,
  ];
}

async function openLog(file: string) {
  const size = await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
  if (size > LOG_BYTES_MAX) await rename(file, `${file}.1`);
  return open(file, "a");
}

/** The process id of this folder's engine, or undefined when it does not run. A reused process id is not it. */
async function enginePid({ pidFile, data }: EnginePaths): Promise<number | undefined> {
  const pid = Number(await readFile(pidFile, "utf8").catch(() => "0"));
  if (!(pid > 0)) return undefined;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return commandLine.includes(`--data-root=${data}`) ? pid : undefined;
}

/** `dockerd` refuses to start when a file of an earlier life names a process id that somebody else has by now. */
async function clearStalePidFiles({ pidFile, run }: EnginePaths): Promise<void> {
  const containerdPidFile = path.join(run, "containerd/containerd.pid");
  const pid = (await readFile(containerdPidFile, "utf8").catch(() => "")).trim();
  const commandLine = pid === "" ? "" : await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  const stale = commandLine.includes("containerd") ? [pidFile] : [pidFile, containerdPidFile];
  for (const file of stale) {
    if (isRoot()) await rm(file, { force: true });
    else await runCommand(await asRoot(["rm", "-f", file], "Starting a Docker Engine"), { timeoutMs: 5_000 });
  }
}

async function isGone(paths: EnginePaths): Promise<boolean> {
  const deadlineMs = Date.now() + STOP_MS_MAX;
  while (Date.now() < deadlineMs) {
    if ((await enginePid(paths)) === undefined) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

async function lastLogLine(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.trim().split("\n").at(-1)?.slice(0, 500) ?? "nothing";
}
