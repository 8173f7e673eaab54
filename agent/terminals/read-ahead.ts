/** What the thread is ahead of the agent at most. A power of two, so that positions may overflow. */
export const READ_AHEAD_BYTES = 256 * 1024;

/** Where in `#numbers` what is kept. Positions count bytes since the loan began, modulo 2^32. */
const FILLED = 0;
const TAKEN = 1;
const STATE = 2;
const IS_AWAITED = 3;
const NUMBERS_BYTES = 64;

const OFFERED = 0;
const HELD = 1;
const RECALLED = 2;
const OVER = 3;

/** A thread that has not let go after so long has died. */
const RECALL_MS_MAX = 2_000;
const RECALL_POLL_MS = 1;

/**
 * A descriptor on loan to the reading thread, and what it has read: memory that both share, with the methods of either. The
 * thread fills while the agent takes, in order. Until the loan is over the agent must neither read nor close the descriptor.
 */
export class ReadAhead {
  readonly memory: SharedArrayBuffer;
  readonly #numbers: Int32Array;
  readonly #bytes: Buffer;

  constructor(memory = new SharedArrayBuffer(NUMBERS_BYTES + READ_AHEAD_BYTES)) {
    this.memory = memory;
    this.#numbers = new Int32Array(memory, 0, NUMBERS_BYTES / Int32Array.BYTES_PER_ELEMENT);
    this.#bytes = Buffer.from(memory, NUMBERS_BYTES);
  }

  /** Bytes that the agent has not taken yet. */
  get waitingBytes(): number {
    return (Atomics.load(this.#numbers, FILLED) - Atomics.load(this.#numbers, TAKEN)) | 0;
  }

  /** The thread has let go of the descriptor for good; what it has read is still to be taken. */
  get isOver(): boolean {
    return Atomics.load(this.#numbers, STATE) === OVER;
  }

  /** For the thread: begins the loan; false when it has been called back already. */
  accept(): boolean {
    return Atomics.compareExchange(this.#numbers, STATE, OFFERED, HELD) === OFFERED;
  }

  /** For the thread: it has to let go now. */
  get isRecalled(): boolean {
    return Atomics.load(this.#numbers, STATE) === RECALLED;
  }

  /** For the thread: where it may read to next; empty while the agent is too far behind. */
  get room(): Buffer {
    const at = this.#positionOf(FILLED);
    const length = Math.min(READ_AHEAD_BYTES - this.waitingBytes, READ_AHEAD_BYTES - at);
    return this.#bytes.subarray(at, at + length);
  }

  /** For the thread: the first bytes of `room` have been read into. */
  fill(byteCount: number): void {
    Atomics.add(this.#numbers, FILLED, byteCount);
  }

  /** For the thread: waits until the agent has taken something. @returns whether it has */
  waitForRoom(timeoutMs: number): boolean {
    const taken = Atomics.load(this.#numbers, TAKEN);
    if (this.room.length > 0) return true;
    return Atomics.wait(this.#numbers, TAKEN, taken, timeoutMs) !== "timed-out";
  }

  /** For the thread: true once for each `awaitBytes` of the agent, which is to be told. */
  takeAwaited(): boolean {
    return Atomics.exchange(this.#numbers, IS_AWAITED, 0) === 1;
  }

  /** Ends the loan. For the thread, or for the agent once the thread has died. */
  letGo(): void {
    Atomics.store(this.#numbers, STATE, OVER);
    Atomics.notify(this.#numbers, STATE);
  }

  /** For the agent: the oldest bytes that have not been taken, at most `bytesMax`; they are there until `take`. */
  peek(bytesMax: number): Buffer {
    const at = this.#positionOf(TAKEN);
    const length = Math.min(bytesMax, this.waitingBytes, READ_AHEAD_BYTES - at);
    return this.#bytes.subarray(at, at + length);
  }

  /** For the agent: the first bytes of `peek` may be written over. */
  take(byteCount: number): void {
    Atomics.add(this.#numbers, TAKEN, byteCount);
    Atomics.notify(this.#numbers, TAKEN);
  }

  /** For the agent: asks to be told of `byteCount` bytes, of quiet or of the end. @returns false when they are here by now */
  awaitBytes(byteCount: number): boolean {
    Atomics.store(this.#numbers, IS_AWAITED, 1);
    return !this.isOver && this.waitingBytes < byteCount;
  }

  /** For the agent: ends the loan and waits until the thread has let go: less than a millisecond. */
  recall(): void {
    if (Atomics.compareExchange(this.#numbers, STATE, OFFERED, OVER) === OFFERED) return;
    if (Atomics.compareExchange(this.#numbers, STATE, HELD, RECALLED) !== HELD) return;
    const deadline = Date.now() + RECALL_MS_MAX;
    do {
      // It may have been on its way into the wait.
      Atomics.notify(this.#numbers, TAKEN);
      Atomics.wait(this.#numbers, STATE, RECALLED, RECALL_POLL_MS);
    } while (!this.isOver && Date.now() < deadline);
  }

  #positionOf(index: typeof FILLED | typeof TAKEN): number {
    return Atomics.load(this.#numbers, index) & (READ_AHEAD_BYTES - 1);
  }
}
