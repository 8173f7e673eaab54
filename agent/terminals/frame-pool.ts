/** A frame to fill and send, and what to call once nobody looks at it any more. */
export interface PooledFrame {
  readonly frame: Buffer;
  readonly release: () => void;
}

/** The frames of two whole windows; what is released beyond them is left to the garbage collector. */
const FREE_MAX = 8;
/** Frames of less than this part of the longest are cheap enough to be made anew. */
const SMALL_PART = 1 / 4;

const doNothing = (): void => undefined;

/**
 * Large frames, used over and over. V8 answers every 64 MiB of new buffers with a collection of the whole heap: a sixth of
 * what a flood cost the agent, see docs/adr/0004-terminal-protocol.md.
 */
export class FramePool {
  readonly #bytesMax: number;
  readonly #free: Buffer[] = [];

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** A frame of `length` bytes, at most the pool's longest, with anything in it. `release` is called at most once. */
  take(length: number): PooledFrame {
    if (length < this.#bytesMax * SMALL_PART)
      return { frame: Buffer.allocUnsafe(length), release: doNothing };
    const whole = this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bytesMax);
    return {
      frame: whole.subarray(0, length),
      release: () => {
        if (this.#free.length < FREE_MAX) this.#free.push(whole);
      },
    };
  }
}
