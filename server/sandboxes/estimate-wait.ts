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
  /** 1 is next. */
  readonly place: number;
  readonly freePlaces: number;
  readonly createsMax: number;
  /** When each sandbox that holds a place gives it back, in any order. */
  readonly leaseEndsMs: readonly number[];
  readonly recentStarts: RecentStarts;
}

/**
 * How long a person in the queue will still wait, in ms: until a place is free, then the starts before and including
 * theirs, `createsMax` at a time. Null until there is a measured start, or when no known lease would free a place.
 */
export function estimateWaitMs(snapshot: WaitSnapshot): number | null {
  const startMs = usualStartMs(snapshot.recentStarts);
  if (startMs === null) return null;
  const startsMs = Math.ceil(snapshot.place / snapshot.createsMax) * startMs;
  const missing = snapshot.place - snapshot.freePlaces;
  if (missing <= 0) return startsMs;
  const freedAtMs = [...snapshot.leaseEndsMs].sort((a, b) => a - b)[missing - 1];
  return freedAtMs === undefined ? null : Math.max(freedAtMs - snapshot.nowMs, 0) + startMs;
}
