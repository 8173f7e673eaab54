import type { Clock } from "../server/platform/clock";

const POLL_MS = 50;

/** Lets writes in, counts them, and can be closed while garbage is collected. */
export class WriteGate {
  readonly #clock: Clock;
  #insideCount = 0;
  #isClosed = false;
  #lastLeftAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** False while the gate is closed. Whoever is let in leaves, once. */
  enter(): boolean {
    if (this.#isClosed) return false;
    this.#insideCount += 1;
    return true;
  }

  leave(): void {
    this.#insideCount -= 1;
    this.#lastLeftAtMs = this.#clock.nowMs();
  }

  /** Whether nobody has written for `quietMs`: a push is several requests, with pauses between them. */
  isQuiet(quietMs: number): boolean {
    return this.#insideCount === 0 && this.#clock.nowMs() - this.#lastLeftAtMs >= quietMs;
  }

  /** Closes the gate, waits until everybody has left, runs `work`, opens again. Answers false, having done nothing, when they do not. */
  async whileClosed(work: () => Promise<void>, leaveMsMax: number): Promise<boolean> {
    if (this.#isClosed) return false;
    this.#isClosed = true;
    try {
      const deadlineMs = this.#clock.nowMs() + leaveMsMax;
      while (this.#insideCount > 0) {
        if (this.#clock.nowMs() >= deadlineMs) return false;
        await this.#clock.sleep(POLL_MS);
      }
      await work();
      return true;
    } finally {
      this.#isClosed = false;
    }
  }
}
