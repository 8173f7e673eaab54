import { systemClock } from "../../../server/platform/clock";
import { waitUntil } from "../../../server/platform/wait-until";
import type { BenchPlatform } from "./bench-platform";

export interface PoolCounts {
  readonly warm: number;
  readonly warming: number;
}

/** As the instructor sees it. */
export async function readPool({ instructor, profile }: BenchPlatform): Promise<PoolCounts> {
  const { profiles } = await instructor.api.sandboxes.capacity.query();
  const { warm, warming } = profiles.find((each) => each.profile === profile) ?? { warm: 0, warming: 0 };
  return { warm, warming };
}

/** Resolves when `count` sandboxes wait for attendees and none is being made any more. */
export async function untilPoolHolds(platform: BenchPlatform, count: number): Promise<void> {
  const isFull = async (): Promise<boolean> => {
    const { warm, warming } = await readPool(platform);
    return warm >= count && warming === 0;
  };
  const timeoutMs = 60_000 + count * 30_000;
  await waitUntil(`${count} warm sandboxes`, isFull, { timeoutMs, pollMs: 250, clock: systemClock });
}

/** Resolves when nothing is being made for the pool: it is full, or the machine. */
export async function untilPoolRests(platform: BenchPlatform): Promise<void> {
  const rests = async (): Promise<boolean> => (await readPool(platform)).warming === 0;
  await waitUntil("the pool rests", rests, { timeoutMs: 300_000, pollMs: 250, clock: systemClock });
}
