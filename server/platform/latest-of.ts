import type { Clock } from "./clock";
import type { DomainEvent, EventBus } from "./events";

export interface LatestOfOptions<View> {
  readonly read: () => Promise<View>;
  readonly isRelevant: (event: DomainEvent) => boolean;
  readonly events: EventBus;
  readonly clock: Clock;
  /** Reads again after this long without an event: the safety net under lost ones. */
  readonly resyncMs: number;
  /** At most one read in this long; a burst of events becomes one read at its start and one at its end. */
  readonly minGapMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Yields what `read` answers, now and after every relevant event, for ever, skipping answers equal to the one before.
 * Subscribed before the first read, so no change is missed. Ends when `signal` aborts or the consumer leaves.
 */
export async function* latestOf<View>(options: LatestOfOptions<View>): AsyncGenerator<View, void, undefined> {
  const { read, isRelevant, events, clock, resyncMs, minGapMs = 0, signal } = options;
  const bell = new Bell();
  const unsubscribe = events.subscribe((event) => {
    if (isRelevant(event)) bell.ring();
  });
  const onAbort = (): void => {
    bell.ring();
  };
  signal?.addEventListener("abort", onAbort);
  try {
    let previous: string | undefined;
    while (signal?.aborted !== true) {
      bell.reset();
      const view = await read();
      const key = JSON.stringify(view);
      if (key !== previous) yield view;
      previous = key;
      if (minGapMs > 0) await clock.sleep(minGapMs, signal);
      await bell.wait(clock, resyncMs);
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    unsubscribe();
  }
}

/** Remembers a ring until it is waited for. */
class Bell {
  #ringing = new AbortController();

  ring(): void {
    this.#ringing.abort();
  }

  reset(): void {
    if (this.#ringing.signal.aborted) this.#ringing = new AbortController();
  }

  async wait(clock: Clock, timeoutMs: number): Promise<void> {
    await clock.sleep(timeoutMs, this.#ringing.signal);
  }
}
