import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, statfs, truncate, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { finished } from "node:stream/promises";
import { systemClock } from "../../server/platform/clock";
import { DEFAULT_DOCKER_HOST } from "../../server/platform/docker-host";
import { waitUntil } from "../../server/platform/wait-until";
import { dockerClient } from "../../setup/docker-client";
import { ownEngineHost, stopOwnEngine } from "../../setup/own-engine";
import { isRoot } from "../../setup/root";
import { runCommand } from "../../setup/run-command";
import { startPlatform, type Platform } from "./platform";

/**
 * As much of a machine as a test may break: a disk of its own (a file system in a sparse file), a network of its own (a namespace:
 * bridges, addresses and firewall rules meet nobody else's) and on them an engine of its own, kept as `npm start` keeps it.
 */
export interface OwnHost {
  /** On the disk of its own; the platform's data, the engine's and the sandboxes' are all in it. */
  readonly dataFolder: string;
  readonly dockerHost: string;
  /** The server of this checkout on this host. */
  startPlatform(env?: Readonly<Record<string, string>>): Promise<Platform>;
  /** Runs one statement in the platform's embedded Postgres, as its owner. Rejects with what Postgres said. */
  runSql(statement: string): Promise<void>;
  /** Process id of the engine that runs now. */
  enginePid(): Promise<number>;
  /** Starts the engine unless it runs, and starts it again whenever it dies, as `npm start` does. */
  keepEngine(): Promise<void>;
  /** From now on nobody starts the engine again. */
  stopKeepingEngine(): Promise<void>;
  /** Fills the disk with a file until only about `leavingMiB` are left. Replaces what it filled before. */
  fillDisk(leavingMiB: number): Promise<void>;
  freeDisk(): Promise<void>;
  /** Takes everything off the machine, whatever was done to it. Platforms have been stopped before. */
  dispose(): Promise<void>;
}

const IMAGES = ["slipway/sandbox:current", "slipway/class-registry:current"];
/** Room for the images (1 GB), the pool of volumes (a few GB at least) and a disk that is not short from the start. */
const DISK_MIB = 14 * 1_024;
const MIB = 1_024 * 1_024;
/** What the file system needs to remember where the ballast is, generously. */
const BALLAST_OVERHEAD_MIB = 32;
const ENGINE_START_MS_MAX = 40_000;
const within = { timeoutMs: 20_000, clock: systemClock };

/** Why there can be no such host here; undefined when there can. */
export function whyNoOwnHost(): string | undefined {
  if (!isRoot()) return "a file system and a network of its own need root";
  return process.platform === "linux" ? undefined : "network namespaces need Linux";
}

/** Makes one, with the images of `npm test` in its engine. Takes about 20 s, most of it for copying the images. */
export async function startOwnHost(): Promise<OwnHost> {
  const base = await mkdtemp(path.join(os.tmpdir(), "slipway-host-"));
  await runCommand(["chmod", "755", base], { timeoutMs: 5_000 });
  const dataFolder = await mountDisk(base);
  const network = await makeNetwork();
  const dockerHost = ownEngineHost(dataFolder);
  const keeper = new EngineKeeper(dataFolder, network.launcher);
  const ballast = path.join(dataFolder, "ballast");
  const freeDisk = (): Promise<void> => rm(ballast, { force: true });
  const dispose = async (): Promise<void> => {
    await freeDisk();
    await keeper.start();
    await clearEngine(dataFolder);
    await keeper.stop();
    await stopOwnEngine(dataFolder);
    await waitUntil("the disk is unmounted", () => isDone(["umount", "-R", dataFolder]), within);
    await network.remove();
    await rm(base, { recursive: true, force: true });
  };
  try {
    await keeper.start();
    await copyImages(dockerHost);
  } catch (caught) {
    await dispose().catch(() => undefined);
    throw caught;
  }
  return {
    ...{ dataFolder, dockerHost, freeDisk, dispose },
    startPlatform: (env) =>
      startPlatform({
        ...{ dataFolder, elsewhere: network },
        env: { ...env, DOCKER_HOST: dockerHost },
      }),
    runSql: async (statement) => {
      const script = path.join(import.meta.dirname, "run-sql.ts");
      const [program, ...args] = [...network.launcher, process.execPath, "--import", "tsx", script];
      await runCommand([program, ...args, path.join(dataFolder, "postgres"), statement], {
        timeoutMs: 30_000,
      });
    },
    enginePid: async () => Number(await readFile(path.join(dataFolder, "engine/dockerd.pid"), "utf8")),
    keepEngine: () => keeper.start(),
    stopKeepingEngine: () => keeper.stop(),
    fillDisk: async (leavingMiB) => {
      await freeDisk();
      const { bavail, bsize } = await statfs(dataFolder);
      const bytes = bavail * bsize - (leavingMiB + BALLAST_OVERHEAD_MIB) * MIB;
      await runCommand(["fallocate", "-l", String(bytes), ballast], { timeoutMs: 30_000 });
      // The last blocks go to whoever writes until there are none.
      const dregs = ["dd", "if=/dev/zero", `of=${ballast}`, "oflag=append", "conv=notrunc", "bs=4k"] as const;
      if (leavingMiB === 0) await isDone(dregs);
    },
  };
}

/** Without a journal: what is tested is how it fills, not how it survives a loss of power. */
async function mountDisk(base: string): Promise<string> {
  const file = path.join(base, "disk.ext4");
  const folder = path.join(base, "data");
  await mkdir(folder);
  await writeFile(file, "");
  await truncate(file, DISK_MIB * MIB);
  await runCommand(["mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", file], { timeoutMs: 30_000 });
  await runCommand(["mount", "-o", "loop", file, folder], { timeoutMs: 30_000 });
  return folder;
}

interface OwnNetwork {
  /** Runs a command in it. */
  readonly launcher: readonly string[];
  /** Where this machine reaches it. */
  readonly address: string;
  remove(): Promise<void>;
}

/** A namespace with a cable to this machine, on addresses that are set apart for tests (RFC 2544) and drawn by lot. */
async function makeNetwork(): Promise<OwnNetwork> {
  const lot = randomBytes(2);
  const name = `slt${lot.toString("hex")}`;
  const prefix = `198.18.${String(lot[0])}`;
  const first = (lot[1] ?? 0) & 0xfc;
  const inside = ["nsenter", `--net=/run/netns/${name}`];
  const commands = [
    ["ip", "netns", "add", name],
    ["ip", "link", "add", `${name}h`, "type", "veth", "peer", "name", `${name}n`, "netns", name],
    ["ip", "addr", "add", `${prefix}.${String(first + 1)}/30`, "dev", `${name}h`],
    ["ip", "link", "set", `${name}h`, "up"],
    [...inside, "ip", "addr", "add", `${prefix}.${String(first + 2)}/30`, "dev", `${name}n`],
    [...inside, "ip", "link", "set", `${name}n`, "up"],
    [...inside, "ip", "link", "set", "lo", "up"],
  ];
  for (const [program = "", ...args] of commands) await runCommand([program, ...args], { timeoutMs: 5_000 });
  return {
    launcher: inside,
    address: `${prefix}.${String(first + 2)}`,
    remove: async () => {
      await runCommand(["ip", "link", "del", `${name}h`], { timeoutMs: 5_000 }).catch(() => undefined);
      await runCommand(["ip", "netns", "del", name], { timeoutMs: 5_000 });
    },
  };
}

/** `keep-own-engine.ts` in the host's network, at most once at a time. */
class EngineKeeper {
  readonly #dataFolder: string;
  readonly #launcher: readonly string[];
  #child: ChildProcess | undefined;

  constructor(dataFolder: string, launcher: readonly string[]) {
    this.#dataFolder = dataFolder;
    this.#launcher = launcher;
  }

  async start(): Promise<void> {
    if (this.#child !== undefined) return;
    const script = path.join(import.meta.dirname, "keep-own-engine.ts");
    const [program = "", ...args] = [
      ...this.#launcher,
      ...[process.execPath, "--import", "tsx", script, this.#dataFolder],
    ];
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const answers = (): boolean => {
      if (child.exitCode !== null) throw new Error(`the engine's keeper ended:\n${output}`);
      return output.includes("the engine answers");
    };
    await waitUntil("the engine answers", answers, { ...within, timeoutMs: ENGINE_START_MS_MAX });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  }
}

/** The engine of `npm test` has them: saved there and loaded here. */
async function copyImages(dockerHost: string): Promise<void> {
  const from = dockerClient(process.env["DOCKER_HOST"] ?? DEFAULT_DOCKER_HOST, 120_000);
  const to = dockerClient(dockerHost, 120_000);
  const copyImage = async (name: string): Promise<void> => {
    const answer = await to.loadImage(await from.getImage(name).get());
    await finished(answer.resume());
    await to.getImage(name).inspect();
  };
  await Promise.all(IMAGES.map(copyImage));
}

/** What runs on the disk keeps it mounted. */
async function clearEngine(dataFolder: string): Promise<void> {
  const docker = dockerClient(ownEngineHost(dataFolder), 60_000);
  const containers = await docker.listContainers({ all: true });
  await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
}

function isDone(argv: readonly [string, ...string[]]): Promise<boolean> {
  return runCommand(argv, { timeoutMs: 10_000 }).then(
    () => true,
    () => false,
  );
}
