import type { Profile } from "../../../server/protocol/profile";
import { percentile } from "../bench-result";
import type { BenchPlatform } from "./bench-platform";
import { readSandboxes } from "./platform-database";
import { untilPoolHolds } from "./pool";
import { readOwnDiskMiB } from "./sandbox-disk";
import { readSandboxMemory, type SandboxMemory } from "./sandbox-memory";

/** Medians over sandboxes that nobody has used. */
export interface IdleFigures {
  readonly profile: Profile;
  readonly memoryMiB: number;
  /** Programs that take most, most first. */
  readonly programsMiB: ReadonlyMap<string, number>;
  /** As soon as they are usable. */
  readonly freshDiskMiB: number;
  /** When their memory has settled. */
  readonly settledDiskMiB: number;
}

/** Between looks, and how many in a row must differ little before memory counts as settled. */
const LOOK_MS = 5_000;
const STEADY_LOOKS = 6;
const STEADY_SHARE = 0.02;
const LOOKS_MAX = 60;
const PROGRAMS_MAX = 8;

/** Waits until `count` warm sandboxes are there and have settled, and measures them. */
export async function measureIdle(platform: BenchPlatform, count: number): Promise<IdleFigures> {
  await untilPoolHolds(platform, count);
  const ids = (await readSandboxes(platform)).filter(({ phase }) => phase === "ready").map(({ id }) => id);
  const fresh = await Promise.all(ids.map((id) => readOwnDiskMiB(platform, id)));
  const settled = await untilSettled(ids);
  const disks = await Promise.all(ids.map((id) => readOwnDiskMiB(platform, id)));
  return {
    profile: platform.profile,
    memoryMiB: medianMiB(settled),
    programsMiB: mediansOf(settled),
    freshDiskMiB: percentile(fresh, 50),
    settledDiskMiB: percentile(disks, 50),
  };
}

async function untilSettled(ids: readonly string[]): Promise<readonly SandboxMemory[]> {
  const seenMiB: number[] = [];
  for (let look = 0; ; look += 1) {
    const memories = await Promise.all(ids.map((id) => readSandboxMemory(id)));
    seenMiB.push(medianMiB(memories));
    const last = seenMiB.slice(-STEADY_LOOKS);
    const isSteady = Math.max(...last) - Math.min(...last) < Math.min(...last) * STEADY_SHARE;
    if (last.length === STEADY_LOOKS && isSteady) return memories;
    if (look > LOOKS_MAX) throw new Error(`memory does not settle: ${last.map(Math.round).join(", ")} MiB`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function medianMiB(memories: readonly SandboxMemory[]): number {
  return percentile(
    memories.map(({ withoutCacheMiB }) => withoutCacheMiB),
    50,
  );
}

function mediansOf(memories: readonly SandboxMemory[]): ReadonlyMap<string, number> {
  const names = new Set(memories.flatMap(({ programsMiB }) => [...programsMiB.keys()]));
  const medians = [...names].map((name) => {
    const samples = memories.map(({ programsMiB }) => programsMiB.get(name) ?? 0);
    return [name, percentile(samples, 50)] as const;
  });
  return new Map(medians.sort(([, a], [, b]) => b - a).slice(0, PROGRAMS_MAX));
}
