import type { Clock } from "../../server/platform/clock";

/** A clock that moves only when told to. */
export class FakeClock implements Clock {
  #nowMs = 0;
  #sleepers: { wakeAtMs: number; wake: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#sleepers.push({ wakeAtMs: this.#nowMs + delayMs, wake: resolve });
      signal?.addEventListener(
        "abort",
        () => {
          resolve();
        },
        { once: true },
      );
    });
  }

  async advance(ms: number): Promise<void> {
    this.#nowMs += ms;
    const due = this.#sleepers.filter((s) => s.wakeAtMs <= this.#nowMs);
    this.#sleepers = this.#sleepers.filter((s) => s.wakeAtMs > this.#nowMs);
    for (const sleeper of due) sleeper.wake();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
