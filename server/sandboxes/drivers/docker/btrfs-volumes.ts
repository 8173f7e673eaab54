import {
  lstat,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
  truncate,
  writeFile,
} from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { SandboxId } from "../../sandbox";
import type { DataVolumes, FoundVolume, VolumeMount, VolumeRequest } from "./data-volumes";
import type { EngineApi } from "./engine-api";
import { runOnHost } from "./host-command";
import { clearStaleQuotas, keepQuotasCounting } from "./pool-quotas";
import { reserveMetadata } from "./reserve-metadata";

const MIB = 1_024 * 1_024;
/** Of the disk that is free when the pool is made; the rest stays for images, Postgres and the machine. */
const POOL_SHARE = 0.8;
/** Below this a pool would hold next to nothing. */
const POOL_MIB_MIN = 4_096;
/** `f_type` of btrfs. @see include/uapi/linux/magic.h */
const BTRFS_MAGIC = 0x9123683e;
/** Homes are small; one full of data sets takes its time. */
const COPY_MS_MAX = 5 * 60_000;
const SYNC_MS_MAX = 2 * 60_000;
const SANDBOX_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export type BtrfsOpening =
  | { readonly kind: "open"; readonly volumes: BtrfsVolumes }
  | { readonly kind: "unavailable"; readonly reason: string };

/**
 * Opens the pool of `dataFolder`, making it the first time: a btrfs file system in a sparse file on a loop device. Where this
 * machine cannot have one, it says why. Idempotent, also after a crash or a reboot.
 */
export async function openBtrfsVolumes(options: {
  readonly engine: EngineApi;
  readonly dataFolder: string;
  readonly installationId: string;
}): Promise<BtrfsOpening> {
  const reason = await whyNot(options.engine);
  if (reason !== undefined) return { kind: "unavailable", reason };
  const folder = path.join(options.dataFolder, "volumes");
  try {
    await mountPool(options.dataFolder, folder);
    return { kind: "open", volumes: new BtrfsVolumes(folder, path.join(folder, options.installationId)) };
  } catch (caught) {
    return { kind: "unavailable", reason: caught instanceof Error ? caught.message : String(caught) };
  }
}

/** One subvolume with a quota per sandbox: empty at first, or a snapshot of a template. */
export class BtrfsVolumes implements DataVolumes {
  readonly enforcesQuota = true;
  readonly copiesTemplates = false;
  readonly #pool: string;
  readonly #folder: string;
  readonly #templates: string;

  /** `folder` is this installation's part of the `pool`; it is there while there is something in it. */
  constructor(pool: string, folder: string) {
    this.#pool = pool;
    this.#folder = folder;
    this.#templates = path.join(pool, "templates");
  }

  async ensure(id: SandboxId, request: VolumeRequest): Promise<VolumeMount> {
    const source = path.join(this.#folder, id);
    // A renewal that was killed between its two steps: what was there before is there again.
    if (!(await exists(source)) && (await exists(oldOf(source)))) await rename(oldOf(source), source);
    if (!(await exists(source))) await this.#begin(source, request);
    // One that was begun by a server that was killed before this.
    else await limit(source, request);
    return { type: "bind", source };
  }

  async renew(id: SandboxId, request: VolumeRequest & { readonly keepsHome: boolean }): Promise<void> {
    const { source } = await this.ensure(id, request);
    const fresh = `${source}.fresh`;
    await this.#delete(fresh);
    await this.#delete(oldOf(source));
    await this.#begin(fresh, request);
    if (request.keepsHome) await copyHome(source, fresh);
    await rename(source, oldOf(source));
    await rename(fresh, source);
    await this.#delete(oldOf(source));
  }

  async remove(id: SandboxId): Promise<void> {
    const source = path.join(this.#folder, id);
    for (const subvolume of [`${source}.fresh`, oldOf(source), source]) await this.#delete(subvolume);
    // Fails while others are in it.
    await rmdir(this.#folder).catch(() => undefined);
  }

  async listTemplates(): Promise<readonly string[]> {
    return readdir(this.#templates).catch(() => []);
  }

  async keepAsTemplate(id: SandboxId, name: string): Promise<void> {
    const target = path.join(this.#templates, name);
    if (await exists(target)) return;
    await mkdir(this.#templates, { recursive: true });
    // What a snapshot shows must be on the disk, not only in memory.
    await runOnHost(["btrfs", "filesystem", "sync", this.#pool], SYNC_MS_MAX);
    await runOnHost(["btrfs", "subvolume", "snapshot", "-r", path.join(this.#folder, id), target]);
  }

  async removeTemplate(name: string): Promise<void> {
    await this.#delete(path.join(this.#templates, name));
  }

  async list(): Promise<readonly FoundVolume[]> {
    const names = (await readdir(this.#folder).catch(() => [])).filter((name) => SANDBOX_ID.test(name));
    const found = await Promise.all(
      names.map((name) =>
        stat(path.join(this.#folder, name)).then(
          ({ birthtimeMs }) => [{ id: name as SandboxId, createdAtMs: Math.floor(birthtimeMs) }],
          () => [],
        ),
      ),
    );
    return found.flat();
  }

  async #begin(source: string, request: VolumeRequest): Promise<void> {
    const { template } = request;
    const argv: [string, ...string[]] =
      template === null
        ? ["btrfs", "subvolume", "create", source]
        : ["btrfs", "subvolume", "snapshot", path.join(this.#templates, template), source];
    const make = async (): Promise<void> => {
      await mkdir(this.#folder, { recursive: true });
      await runOnHost(argv);
    };
    await make().catch(async (caught: unknown) => {
      // Somebody else may make it at the same moment; then it is there, which is all that is wanted.
      if (await exists(source)) return;
      // Or the last of the others has just gone, and our folder with it.
      if (await exists(this.#folder)) throw caught;
      await make();
    });
    await keepQuotasCounting(this.#pool);
    await limit(source, request);
    await reserveMetadata(`${this.#pool}.btrfs`);
  }

  async #delete(source: string): Promise<void> {
    if (!(await exists(source))) return;
    await clearStaleQuotas(this.#pool);
    // A sandbox's root can make subvolumes in its own, and in those; the innermost go first.
    for (const inner of await this.#listIn(source)) await this.#delete(inner);
    await runOnHost(["btrfs", "subvolume", "delete", source]).catch(async (caught: unknown) => {
      if (await exists(source)) throw caught;
    });
  }

  /**
   * The subvolumes right below `source`. Their names are an attendee's: one with a newline in it reads as the path of another subvolume,
   * also through a link of theirs, so that only what really lies in `source` counts.
   */
  async #listIn(source: string): Promise<readonly string[]> {
    const listed = await runOnHost(["btrfs", "subvolume", "list", "-o", source]);
    const paths = listed
      .split("\n")
      .flatMap((line) => / path (.+)$/.exec(line)?.[1] ?? [])
      .map((name) => path.join(this.#pool, name));
    const folder = `${await realpath(source)}${path.sep}`;
    const real = await Promise.all(paths.map((found) => realpath(found).catch(() => "")));
    return real.filter((found) => found.startsWith(folder));
  }

  async readAvailableMiB(): Promise<number> {
    const [pool, host] = await Promise.all([statfs(this.#pool), statfs(path.dirname(this.#pool))]);
    return Math.floor(Math.min(pool.bavail * pool.bsize, host.bavail * host.bsize) / MIB);
  }

  /**
   * Takes this installation's part away, and with the last part the pool, unless it holds templates, which are a cache like images. Only
   * for when the installation has no sandbox left.
   */
  async destroyPart(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await rmdir(this.#templates).catch(() => undefined);
    if ((await readdir(this.#pool)).length > 0) return;
    await runOnHost(["umount", this.#pool]);
    await rm(`${this.#pool}.btrfs`, { force: true });
  }
}

/** Counts what is the sandbox's alone: a template's content is there once for all of its copies. */
async function limit(source: string, { template, diskMiB }: VolumeRequest): Promise<void> {
  const exclusive = template === null ? [] : ["-e"];
  await runOnHost(["btrfs", "qgroup", "limit", ...exclusive, String(diskMiB * MIB), source]);
}

function oldOf(source: string): string {
  return `${source}.old`;
}

/**
 * The home as it is, but for the way to the cluster, which is a new one. Copied by reference: no byte is written twice. An attendee is
 * root in there, so no path may lead through a link of theirs.
 */
async function copyHome(from: string, to: string): Promise<void> {
  const [home, target] = [path.join(from, "upper/home"), path.join(to, "upper/home")];
  if (!(await isFolder(home))) return;
  const original = `${target}.template`;
  if (await exists(target)) await rename(target, original);
  await mkdir(path.dirname(target), { recursive: true });
  await runOnHost(["cp", "--archive", "--reflink=auto", home, target], COPY_MS_MAX);
  const [kubeconfigs, attendee] = [path.join(original, "attendee/.kube"), path.join(target, "attendee")];
  if ((await exists(kubeconfigs)) && (await isFolder(attendee))) {
    await rm(path.join(attendee, ".kube"), { recursive: true, force: true });
    await runOnHost(["cp", "--archive", kubeconfigs, attendee]);
  }
  await rm(original, { recursive: true, force: true });
}

function isFolder(file: string): Promise<boolean> {
  return lstat(file).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

async function whyNot(engine: EngineApi): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "this server is not root";
  const host = (await engine.call("read engine", (docker) => docker.info())) as {
    Name: string;
    DockerRootDir: string;
  };
  const isHere = host.Name === os.hostname() && (await exists(host.DockerRootDir));
  if (!isHere) return "the engine runs on another machine or outside this container";
  await runOnHost(["modprobe", "btrfs"]).catch(() => undefined);
  const fileSystems = await readFile("/proc/filesystems", "utf8").catch(() => "");
  if (!/\bbtrfs$/m.test(fileSystems)) return "this kernel has no btrfs";
  const hasTools = await runOnHost(["btrfs", "--version"]).then(
    () => true,
    () => false,
  );
  return hasTools ? undefined : "btrfs-progs is not installed";
}

async function mountPool(dataFolder: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  if ((await statfs(folder)).type !== BTRFS_MAGIC) {
    const file = `${folder}.btrfs`;
    if (!(await exists(file))) await makePool(dataFolder, file);
    // The loop device goes by itself with the mount.
    await runOnHost(["mount", "-t", "btrfs", "-o", "loop,noatime", file, folder]);
  }
  await reserveMetadata(`${folder}.btrfs`);
  await runOnHost(["btrfs", "quota", "enable", folder]);
  await keepQuotasCounting(folder);
  await clearStaleQuotas(folder);
}

async function makePool(dataFolder: string, file: string): Promise<void> {
  const disk = await statfs(dataFolder);
  const poolMiB = Math.floor((disk.bavail * disk.bsize * POOL_SHARE) / MIB);
  if (poolMiB < POOL_MIB_MIN) throw new Error(`only ${poolMiB} MiB of disk could be used for sandboxes`);
  // Under another name until it is whole: a file that was cut short must not be mounted.
  const unfinished = `${file}.new`;
  await writeFile(unfinished, "");
  await truncate(unfinished, poolMiB * MIB);
  await runOnHost(["mkfs.btrfs", "--quiet", "--force", unfinished]);
  await rename(unfinished, file);
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
