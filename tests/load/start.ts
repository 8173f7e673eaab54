import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import path from "node:path";
import { promisify } from "node:util";
import { joinAs, untilSandboxReady } from "../support/attendee";
import { makeDataFolder, removeDataFolder, startPlatform, type Platform } from "../support/platform";
import { openTerminal } from "../support/terminal-client";
import { percentile, printResult } from "./bench-result";

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, "../..");
const COLD_STARTS = 7;
const PLAIN_STARTS = 3;

/**
 * `start`: from the attendee's request to the first prompt in a sandbox that did not exist, against the plain way: the
 * same image by `docker run`, an exec'd shell once the inner engine answers. And a second `npm start`, to listening.
 */
async function bench(): Promise<void> {
  const serverReadyMs = await measureSecondStart();
  const dataFolder = await makeDataFolder();
  const platform = await startPlatform({ dataFolder });
  try {
    const cold = await measureCold(platform);
    const plainMs = await measurePlain();
    const coldP50Ms = percentile(cold, 50);
    printResult({
      name: "start",
      figures: { coldP50Ms, coldP95Ms: percentile(cold, 95), serverReadyMs },
      baseline: { plainMs },
      ratios: { coldOverPlain: coldP50Ms / plainMs },
    });
  } finally {
    await platform.stop();
    await removeDataFolder(dataFolder);
  }
}

async function measureCold(platform: Platform): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let start = 0; start < COLD_STARTS; start += 1) {
    const attendee = await joinAs(`Cold ${start}`, platform);
    const startedAtMs = performance.now();
    await untilSandboxReady(attendee);
    const terminal = await openTerminal(attendee, { cohortId: attendee.cohortId });
    await terminal.waitFor(/\$ $/);
    samples.push(performance.now() - startedAtMs);
    terminal.close();
  }
  return samples;
}

/** Median of the plain way: the image's engine started by hand in a container, then a shell by exec. */
async function measurePlain(): Promise<number> {
  const samples: number[] = [];
  for (let start = 0; start < PLAIN_STARTS; start += 1) samples.push(await startPlain());
  return percentile(samples, 50);
}

/** The least that an engine needs inside a container on cgroup v1. */
const PLAIN_ENGINE =
  'mount -o remount,rw /sys; for group in /sys/fs/cgroup/*; do mount -o remount,bind,rw "$group"; done; ' +
  "echo {} > /tmp/daemon.json; exec dockerd --config-file=/tmp/daemon.json --storage-driver=overlay2 --iptables=false --bridge=none";
const SECURITY = ["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"];

async function startPlain(): Promise<number> {
  const name = `slipway-bench-${randomUUID().slice(0, 8)}`;
  const options = [
    "--cap-add=SYS_ADMIN",
    "--cap-add=NET_ADMIN",
    ...SECURITY.flatMap((option) => ["--security-opt", option]),
  ];
  const image = process.env["SANDBOX_IMAGE"] ?? "slipway/sandbox:current";
  const startedAtMs = performance.now();
  try {
    await run("docker", [
      "run",
      "-d",
      "--name",
      name,
      ...options,
      "-v",
      "/var/lib/docker",
      "--entrypoint",
      "sh",
      image,
      "-c",
      PLAIN_ENGINE,
    ]);
    await untilEngineAnswers(name, startedAtMs + 60_000);
    await run("docker", ["exec", name, "bash", "-lc", "true"]);
    return performance.now() - startedAtMs;
  } finally {
    await run("docker", ["rm", "-f", "-v", name]).catch(() => undefined);
  }
}

async function untilEngineAnswers(container: string, deadlineMs: number): Promise<void> {
  for (;;) {
    const answers = await run("docker", ["exec", container, "docker", "info"]).then(
      () => true,
      () => false,
    );
    if (answers) return;
    if (performance.now() > deadlineMs) throw new Error("the plain engine did not come up");
  }
}

/** From the command to the banner, on a data folder that was started once before. */
async function measureSecondStart(): Promise<number> {
  const dataFolder = await makeDataFolder();
  try {
    await npmStart(dataFolder);
    return await npmStart(dataFolder);
  } finally {
    await removeDataFolder(dataFolder);
  }
}

async function npmStart(dataFolder: string): Promise<number> {
  const startedAtMs = performance.now();
  const env = { ...process.env, PORT: "3987", SLIPWAY_DATA_DIR: dataFolder };
  const child = spawn("npm", ["start"], {
    cwd: ROOT,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  const readyMs = await new Promise<number>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("Ctrl-C stops it")) resolve(performance.now() - startedAtMs);
    });
    child.once("exit", () => {
      reject(new Error(`npm start ended early:\n${output}`));
    });
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  if (child.pid !== undefined) process.kill(-child.pid, "SIGINT");
  await exited;
  return readyMs;
}

await bench();
