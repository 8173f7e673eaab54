import type { Clock } from "../platform/clock";

/** First pause after a failed try; it doubles with each. */
const RETRY_BASE_MS = 2_000;

/** When to try again after `attemptCount` failed tries. */
export function retryAfter(clock: Clock, attemptCount: number): Date {
  return new Date(clock.nowMs() + RETRY_BASE_MS * 2 ** Math.max(attemptCount - 1, 0));
}
