import type { Clock } from "./clock";
import { AppError } from "./errors";

export interface WaitUntilOptions {
  readonly timeoutMs: number;
  readonly pollMs?: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/**
 * Polls `isTrue` until it answers true. A rejection of `isTrue` counts as "not yet".
 *
 * @throws AppError `wait.timed-out` naming `subject` after `timeoutMs`, or `wait.aborted` when `signal` aborts.
 */
export async function waitUntil(
  subject: string,
  isTrue: () => Promise<boolean> | boolean,
  { timeoutMs, pollMs = 50, clock, signal }: WaitUntilOptions,
): Promise<void> {
  const deadlineMs = clock.nowMs() + timeoutMs;
  let lastFailure: unknown;
  for (;;) {
    if (signal?.aborted === true) throw new AppError("wait.aborted", `stopped waiting for ${subject}`);
    try {
      if (await isTrue()) return;
    } catch (caught) {
      lastFailure = caught;
    }
    if (clock.nowMs() >= deadlineMs) {
      throw new AppError("wait.timed-out", `${subject}: not so after ${timeoutMs} ms`, {
        cause: lastFailure,
      });
    }
    await clock.sleep(pollMs, signal);
  }
}
