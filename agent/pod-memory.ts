import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

/** What the control plane, the engine and the shells need: some 400 MiB of their own and as much of files that they execute. */
const RESERVED_BYTES = 1024 * 1024 * 1024;
/** The kubelet makes the group anew whenever its node starts. */
const LOOK_MS = 2_000;
/** `docker/<node>/kubelet/kubepods/besteffort`, with slices in between where systemd keeps the groups. */
const DEPTH_MAX = 6;
const BEST_EFFORT = /(^|-)besteffort(\.slice)?$/;
/** In version 1 and 2 of control groups. */
const MEMORY_FOLDERS = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"];
const LIMIT_FILES = ["memory.limit_in_bytes", "memory.max"];

/**
 * Keeps pods that name no memory of their own (BestEffort) below what their sandbox has, all together on each node. Without it a pod that
 * eats memory meets the sandbox's limit, where the kernel takes the pages of every running program away, over and over, before it ends
 * the eater: the cluster was seen to stand still for 20 to 80 s; with it for none. See docs/adr/0010-profiles-and-pool.md.
 */
export function keepPodMemoryBounded(folders: readonly string[] = MEMORY_FOLDERS): void {
  setInterval(() => void boundPodMemory(folders).catch(() => undefined), LOOK_MS).unref();
}

/** Looks once. What cannot be read or written is left as it is: the next look may succeed. */
export async function boundPodMemory(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const limit = await readLimit(folder);
    if (limit === undefined) continue;
    const bytes = Math.max(limit.bytes - RESERVED_BYTES, limit.bytes / 2);
    for (const group of await findGroups(folder, DEPTH_MAX)) {
      const now = await readLimit(group);
      if (now === undefined || now.bytes <= bytes) continue;
      await writeFile(path.join(group, now.file), String(bytes)).catch(() => undefined);
    }
    return;
  }
}

async function readLimit(
  group: string,
): Promise<{ readonly file: string; readonly bytes: number } | undefined> {
  for (const file of LIMIT_FILES) {
    const text = await readFile(path.join(group, file), "utf8").catch(() => undefined);
    if (text !== undefined) return { file, bytes: text.trim() === "max" ? Infinity : Number(text) };
  }
  return undefined;
}

async function findGroups(folder: string, depth: number): Promise<readonly string[]> {
  if (depth === 0) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const found = folders.filter((name) => BEST_EFFORT.test(name)).map((name) => path.join(folder, name));
  if (found.length > 0) return found;
  return (await Promise.all(folders.map((name) => findGroups(path.join(folder, name), depth - 1)))).flat();
}
