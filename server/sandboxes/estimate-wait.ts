import type { Profile } from "../protocol";

/** Measured durations of recent starts, newest first, in ms. */
export type RecentStarts = readonly number[];

/** Median of the recent starts in ms; null when there was none. */
export function usualStartMs(recent: RecentStarts): number | null {
  if (recent.length === 0) return null;
  const sorted = [...recent].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
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
  readonly createsMax: number;
  /** When each sandbox that holds a place gives it back, in any order. */
  readonly leaseEndsMs: readonly number[];
  /** What a create usually takes, in ms. */
  readonly usualMs: ReadonlyMap<Profile, number>;
}

/** Part of the usual time that a start which is overdue is taken to need still. */
const OVERDUE_SHARE = 0.1;

/**
 * How long the last of `queue` will still wait until their sandbox is usable, in ms. Plays the starts through: a warm sandbox
 * that is under way goes to the first who wants its profile; everybody else takes the first slot that is free, in order, once
 * there is a place for them. Null until a start of their profile was measured, or when no known lease would free a place.
 */
export function estimateWaitMs(snapshot: WaitSnapshot): number | null {
  const { nowMs, usualMs, createsMax, freePlaces } = snapshot;
  const underWay = snapshot.underWay.map((start) => ({ ...start, endsInMs: remainingMs(start, snapshot) }));
  const slots = firstFree(underWay, createsMax);
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
    slots.sort((a, b) => a - b);
    waitMs = Math.max(slots.shift() ?? 0, placeInMs) + startMs;
    slots.push(waitMs);
  }
  return waitMs;
}

/** When each slot is free, from now, in ms: those at work when theirs is done, the others at once. */
function firstFree(underWay: readonly { readonly endsInMs: number }[], createsMax: number): number[] {
  const idleCount = Math.max(createsMax - underWay.length, 0);
  return [...underWay.map(({ endsInMs }) => endsInMs), ...Array<number>(idleCount).fill(0)];
}

function remainingMs(
  start: { readonly profile: Profile; readonly sinceMs: number },
  { nowMs, usualMs }: Pick<WaitSnapshot, "nowMs" | "usualMs">,
): number {
  const usual = usualMs.get(start.profile) ?? 0;
  return Math.max(usual - (nowMs - start.sinceMs), usual * OVERDUE_SHARE);
}
