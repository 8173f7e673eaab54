import { access } from "node:fs/promises";
import { DEFAULT_DOCKER_HOST } from "../server/platform/docker-host";
import { pingEngine } from "./docker-client";
import { isOwnEngineRunning, ownEngineHost, startOwnEngine, stopOwnEngine } from "./own-engine";
import { interruptible } from "./interruption";
import { findProgram, installPackages } from "./packages";
import { stage } from "./progress";
import { raiseKernelLimits } from "./kernel-limits";
import { isRoot } from "./root";
import { SetupProblem, type Report } from "./setup-problem";

export interface EngineOptions {
  /** An engine of our own lives in its folder `engine`. */
  readonly dataFolder: string;
  readonly report: Report;
  /** The `DOCKER_HOST` that the reader set; by default the environment's. Empty counts as unset. */
  readonly dockerHost?: string;
}

export interface Engine {
  /** For `DOCKER_HOST`: `unix://…` or `tcp://…`. */
  readonly dockerHost: string;
  /** True for the engine that we started ourselves. */
  readonly isOurs: boolean;
  /** Stops the engine if it is ours; its containers keep running and the next start finds them. Idempotent. */
  stop(): Promise<void>;
}

/** An installed Docker that its own service starts needs a moment. */
const SERVICE_START_MS_MAX = 8_000;

/**
 * A Docker Engine that answers: the one of `DOCKER_HOST`, else the default socket's, else our own, which is installed
 * from Debian's packages when absent and started as a detached child. Safe to call again after a crash at any point.
 *
 * @throws SetupProblem when there is none and none can be had.
 */
export async function ensureEngine({ dataFolder, report, ...options }: EngineOptions): Promise<Engine> {
  const wanted = options.dockerHost ?? process.env["DOCKER_HOST"] ?? "";
  if (wanted !== "" && wanted !== ownEngineHost(dataFolder)) return takeTheirs(wanted, report);
  await prepareMachine(report);
  if (wanted === "" && (await answersByDefault())) return theirs(DEFAULT_DOCKER_HOST);
  if (await isOwnEngineRunning(dataFolder)) return ours(dataFolder);
  if (await isInstallNeeded()) {
    await installPackages(["docker.io", "iptables"], report);
    if (await serviceStarted()) return theirs(DEFAULT_DOCKER_HOST);
  }
  report("starting a Docker Engine of our own");
  await startOwnEngine(dataFolder);
  return ours(dataFolder);
}

/**
 * Runs `work` with an engine and stops it afterwards if it is ours, unless it ran before: then somebody else's platform runs on it.
 *
 * @throws SetupProblem when there is none and none can be had; Interrupted; what `work` throws
 */
export async function withEngine<Result>(
  dataFolder: string,
  work: (engine: Engine) => Promise<Result>,
): Promise<Result> {
  const wasRunning = await isOwnEngineRunning(dataFolder);
  try {
    return await interruptible(async () =>
      work(await stage("engine", (report) => ensureEngine({ dataFolder, report }))),
    );
  } finally {
    if (!wasRunning) await stopOwnEngine(dataFolder);
  }
}

async function prepareMachine(report: Report): Promise<void> {
  await raiseKernelLimits(report);
  await offerDiskQuotas(report);
}

async function takeTheirs(dockerHost: string, report: Report): Promise<Engine> {
  const answer = await pingEngine(dockerHost, 5_000);
  if (answer === "answers") {
    // One behind a socket of this machine shares its kernel and its disk.
    if (dockerHost.startsWith("unix://")) await prepareMachine(report);
    return theirs(dockerHost);
  }
  throw new SetupProblem(
    answer === "forbidden"
      ? `This account may not use the Docker Engine at ${dockerHost} (DOCKER_HOST).`
      : `No Docker Engine answers at ${dockerHost} (DOCKER_HOST).`,
    "Start it or let this account use it, or unset DOCKER_HOST to have one found or started.",
  );
}

async function answersByDefault(): Promise<boolean> {
  const answer = await pingEngine(DEFAULT_DOCKER_HOST);
  if (answer !== "forbidden") return answer === "answers";
  throw new SetupProblem(
    "A Docker Engine runs on this machine, but this account may not use it.",
    'Run "sudo usermod -aG docker $USER" and log in again, or run this as root.',
  );
}

/** Sandboxes' disks are bounded by btrfs where the server is root. Without its programs they are not, which is no reason to stop. */
async function offerDiskQuotas(report: Report): Promise<void> {
  if (!isRoot() || (await findProgram("btrfs")) !== undefined) return;
  await installPackages(["btrfs-progs"], report).catch((caught: unknown) => {
    report(
      `sandboxes' disks will not be limited: ${caught instanceof Error ? caught.message : String(caught)}`,
    );
  });
}

async function isInstallNeeded(): Promise<boolean> {
  return (await findProgram("dockerd")) === undefined || (await findProgram("iptables")) === undefined;
}

/** Where systemd runs, installing docker.io also starts it: then that engine is the one to use. */
async function serviceStarted(): Promise<boolean> {
  const hasSystemd = await access("/run/systemd/system").then(
    () => true,
    () => false,
  );
  const deadlineMs = Date.now() + (hasSystemd ? SERVICE_START_MS_MAX : 0);
  while (Date.now() < deadlineMs) {
    if (await answersByDefault()) return true;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return false;
}

function theirs(dockerHost: string): Engine {
  return { dockerHost, isOurs: false, stop: () => Promise.resolve() };
}

function ours(dataFolder: string): Engine {
  return { dockerHost: ownEngineHost(dataFolder), isOurs: true, stop: () => stopOwnEngine(dataFolder) };
}
