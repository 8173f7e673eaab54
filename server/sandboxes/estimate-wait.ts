import type { Profile } from "../protocol";
import { startCoresOf } from "./profiles";

/** Measured durations of recent starts, newest first, in ms. */
export type RecentStarts = readonly number[];

/** What two of three recent starts were done within, in ms; null when there was none. Who waits is glad of less and cross at more. */
export function usualStartMs(recent: RecentStarts): number | null {
  if (recent.length === 0) return null;
  const sorted = [...recent].sort((a, b) => a - b);
  return sorted[Math.ceil((sorted.length * 2) / 3) - 1] ?? null;
}

export interface WaitSnapshot {
  readonly nowMs: number;
  /** Profiles of everybody in the queue up to and including whose wait it is, first come first. */
  readonly queue: readonly Profile[];
  /** What is being made now, and for whom: nobody yet (`isWarm`), or somebody. */
  readonly underWay: readonly {
    readonly profile: Profile;
    readonly sinceMs: number;
    readonly isWarm: boolean;
  }[];
  readonly freePlaces: number;
  /** Cores that starts share. */
  readonly startCores: number;
  /** When each sandbox that holds a place gives it back, in any order. */
  readonly leaseEndsMs: readonly number[];
  /** What a create usually takes, in ms. */
  readonly usualMs: ReadonlyMap<Profile, number>;
}

/** Part of the usual time that a start which is overdue is taken to need still. */
const OVERDUE_SHARE = 0.1;

/**
 * How long the last of `queue` will still wait until their sandbox is usable, in ms. Plays the starts through: a warm sandbox
 * that is under way goes to the first who wants its profile; everybody else takes the cores that are free first, in order, once
 * there is a place for them. Null until a start of their profile was measured, or when no known lease would free a place.
 */
export function estimateWaitMs(snapshot: WaitSnapshot): number | null {
  const { nowMs, usualMs, startCores, freePlaces } = snapshot;
  const underWay = snapshot.underWay.map((start) => ({ ...start, endsInMs: remainingMs(start, snapshot) }));
  const cores = firstFree(underWay, startCores);
  const warm = underWay.filter((start) => start.isWarm).sort((a, b) => a.endsInMs - b.endsInMs);
  const leaseEnds = [...snapshot.leaseEndsMs]
    .sort((a, b) => a - b)
    .map((endMs) => Math.max(endMs - nowMs, 0));
  let places = freePlaces;
  let waitMs: number | null = null;
  for (const profile of snapshot.queue) {
    const warmIndex = warm.findIndex((start) => start.profile === profile);
    if (warmIndex >= 0) {
      waitMs = warm.splice(warmIndex, 1)[0]?.endsInMs ?? null;
      continue;
    }
    const startMs = usualMs.get(profile);
    const placeInMs = places > 0 ? 0 : leaseEnds.shift();
    if (startMs === undefined || placeInMs === undefined) return null;
    places -= 1;
    cores.sort((a, b) => a - b);
    const taken = cores.splice(0, startCoresOf(profile, startCores));
    waitMs = Math.max(taken.at(-1) ?? 0, placeInMs) + startMs;
    cores.push(...taken.map(() => waitMs ?? 0));
  }
  return waitMs;
}

/** When each core is free, from now, in ms: those at work when their start is done, the others at once. */
function firstFree(
  underWay: readonly { readonly profile: Profile; readonly endsInMs: number }[],
  startCores: number,
): number[] {
  const busy = underWay.flatMap(({ profile, endsInMs }) =>
    Array<number>(startCoresOf(profile, startCores)).fill(endsInMs),
  );
  return [...busy, ...Array<number>(Math.max(startCores - busy.length, 0)).fill(0)];
}

function remainingMs(
  start: { readonly profile: Profile; readonly sinceMs: number },
  { nowMs, usualMs }: Pick<WaitSnapshot, "nowMs" | "usualMs">,
): number {
  const usual = usualMs.get(start.profile) ?? 0;
  return Math.max(usual - (nowMs - start.sinceMs), usual * OVERDUE_SHARE);
}
