export interface FrameBudgetOptions {
  readonly framesPerSecond: number;
  /** Frames that may come at once after quiet. */
  readonly burst: number;
}

/** Counts frames against an average rate; pure but for the time that it is given. */
export class FrameBudget {
  readonly #options: FrameBudgetOptions;
  #left: number;
  #atMs: number | undefined;

  constructor(options: FrameBudgetOptions) {
    this.#options = options;
    this.#left = options.burst;
  }

  /** Takes one frame; false when there have been too many. */
  take(nowMs: number): boolean {
    const { framesPerSecond, burst } = this.#options;
    const refill = ((nowMs - (this.#atMs ?? nowMs)) / 1_000) * framesPerSecond;
    this.#left = Math.min(burst, this.#left + Math.max(0, refill));
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
