import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { readContainer } from "./sandbox-container";

const MIB = 1_024 * 1_024;
const ROOT = "/sys/fs/cgroup";

export interface SandboxMemory {
  /** What its control group is charged with, page cache left out. */
  readonly withoutCacheMiB: number;
  /** What each program of it, by its name, has for itself, the same of all its processes together. */
  readonly programsMiB: ReadonlyMap<string, number>;
}

/** Reads the memory of a sandbox that runs, everything in it included, on either version of control groups. */
export async function readSandboxMemory(sandboxId: string): Promise<SandboxMemory> {
  const { containerId, pid } = await readContainer(sandboxId);
  const folder = await groupFolderOf(containerId, pid);
  const [charged, cache] = await readCharges(folder);
  return { withoutCacheMiB: (charged - cache) / MIB, programsMiB: await readPrograms(folder) };
}

/** Everything in a sandbox is in groups below its container's, which is named after it. */
async function groupFolderOf(containerId: string, pid: number): Promise<string> {
  const groups = (await readFile(`/proc/${pid}/cgroup`, "utf8")).split("\n");
  const memory = groups.find((line) => /^\d+:(.*,)?memory(,.*)?:/.test(line));
  const group =
    (memory ?? groups.find((line) => line.startsWith("0::")))?.split(":").slice(2).join(":") ?? "";
  const own = new RegExp(`^.*${containerId}[^/]*`).exec(group)?.[0];
  if (own === undefined) throw new Error(`no control group of ${containerId} in ${groups.join(" ")}`);
  return path.join(ROOT, memory === undefined ? "" : "memory", own);
}

async function readCharges(folder: string): Promise<readonly [charged: number, cache: number]> {
  const read = (name: string): Promise<string> => readFile(path.join(folder, name), "utf8");
  const stat = await read("memory.stat");
  const ofStat = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(stat)?.[1]);
  const isFirst = /^total_cache /m.test(stat);
  const charged = Number(await read(isFirst ? "memory.usage_in_bytes" : "memory.current"));
  return [charged, ofStat(isFirst ? "total_cache" : "file")];
}

async function readPrograms(folder: string): Promise<ReadonlyMap<string, number>> {
  const programs = new Map<string, number>();
  for (const pid of await readPids(folder)) {
    // One may end while the others are read.
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    const name = /^Name:\s*(.+)$/m.exec(status)?.[1];
    if (name === undefined) continue;
    const ownMiB = Number(/^RssAnon:\s*(\d+)/m.exec(status)?.[1] ?? 0) / 1_024;
    programs.set(name, (programs.get(name) ?? 0) + ownMiB);
  }
  return programs;
}

async function readPids(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const own = await readFile(path.join(folder, "cgroup.procs"), "utf8");
  const below = entries.filter((entry) => entry.isDirectory());
  const nested = await Promise.all(below.map((entry) => readPids(path.join(folder, entry.name))));
  return [...own.split("\n").filter((pid) => pid !== ""), ...nested.flat()];
}
