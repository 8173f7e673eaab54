import { readSync } from "node:fs";
import type { Socket } from "node:net";
import { OUTPUT_BYTES_MAX } from "../../server/protocol/terminal-frames";
import type { ReadAhead } from "./read-ahead";
import type { ReadingThread } from "./reading-thread";

export interface PtyMaster {
  /** Reads `fd`, meets its end, and stops while it is paused. */
  readonly stream: Socket;
  /** The same descriptor, which does not block. */
  readonly fd: number;
}

/** Handed on at once: a whole frame, so that whoever listens can pause before the next. */
const CHUNK_BYTES = OUTPUT_BYTES_MAX;
/** Read at most before other events get their turn. */
const TURN_BYTES_MAX = 4 * CHUNK_BYTES;
/** The kernel hands out 4 KiB at most: a read of much of that belongs to a flow, and more waits behind it. */
const FLOW_BYTES = 1_024;
/** More than that in so short a time is a flood, which a thread of its own reads faster: 10 MB/s. */
const FLOOD_BYTES = 1_000_000;
const FLOOD_MS = 100;
/** Shared by all terminals: its bytes are handed on before anything else is read. */
const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);

/**
 * Reads a pseudo-terminal to its end: everything that it writes, in order. Under flow the descriptor is read until it is empty:
 * by the stream alone, every 4 KiB cost a turn of the event loop and a buffer. A flood is left to the reading thread.
 */
export class PtyReader {
  readonly #stream: Socket;
  readonly #fd: number;
  readonly #thread: ReadingThread;
  readonly #listener: (bytes: Buffer) => void;
  #isPaused = false;
  #isEnding = false;
  #ahead: ReadAhead | undefined;
  #flood = { startedAtMs: 0, byteCount: 0 };

  /** `listener` owns the bytes until it returns. */
  constructor({ stream, fd }: PtyMaster, thread: ReadingThread, listener: (bytes: Buffer) => void) {
    this.#stream = stream;
    this.#fd = fd;
    this.#thread = thread;
    this.#listener = listener;
    stream.on("data", (first: Buffer) => {
      this.#takeFirst(first);
    });
    this.#guardEnd();
  }

  /** Hands on nothing more, neither at once nor later. Idempotent. */
  pause(): void {
    this.#isPaused = true;
    if (this.#ahead === undefined) this.#stream.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#ahead === undefined) this.#stream.resume();
    // Not at once: whoever listens may pause and resume while it still looks at the bytes.
    else this.#takeAheadSoon();
  }

  #takeFirst(first: Buffer): void {
    if (first.length < FLOW_BYTES || first.length >= CHUNK_BYTES || !this.#mayReadPast()) {
      this.#listener(first);
      return;
    }
    let left = TURN_BYTES_MAX;
    for (let length = this.#fill(first.copy(chunk)); length > 0; length = this.#fill(0)) {
      this.#listener(chunk.subarray(0, length));
      left -= length;
      if (length < CHUNK_BYTES || left <= 0 || !this.#mayReadPast()) break;
    }
    if (this.#isFlood(TURN_BYTES_MAX - left) && this.#mayReadPast()) this.#lend();
  }

  /** What a stream that was paused still holds comes first; and the descriptor of a closed one is another's by now. */
  #mayReadPast(): boolean {
    const { destroyed, readableLength } = this.#stream;
    return readableLength === 0 && !this.#isPaused && !this.#isEnding && !destroyed;
  }

  /** Reads until the chunk, filled up to `from`, is full or nothing is there. @returns up to where it is filled */
  #fill(from: number): number {
    for (let length = from; ;) {
      const count = length < CHUNK_BYTES ? readInto(this.#fd, length) : 0;
      if (count === 0) return length;
      length += count;
    }
  }

  #isFlood(byteCount: number): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#flood.startedAtMs > FLOOD_MS) this.#flood = { startedAtMs: nowMs, byteCount: 0 };
    this.#flood.byteCount += byteCount;
    return this.#flood.byteCount >= FLOOD_BYTES;
  }

  #lend(): void {
    const handle = handleOf(this.#stream);
    // A stream that was full starts its handle after this, and would read beside the thread.
    if (handle?.reading !== true) return;
    this.#ahead = this.#thread.lend(this.#fd, () => {
      this.#takeAhead();
    });
    if (this.#ahead === undefined) return;
    // A stream that is paused reads on until its buffer is full.
    handle.readStop();
    this.#takeAhead();
  }

  /** Hands on what the thread has read; less than a frame only when nothing more has come for a moment. */
  #takeAhead(): void {
    let left = TURN_BYTES_MAX;
    while (this.#ahead !== undefined && !this.#isPaused && left > 0) {
      const ahead = this.#ahead;
      const bytes = ahead.peek(CHUNK_BYTES);
      if (bytes.length > 0) this.#listener(bytes);
      ahead.take(bytes.length);
      left -= bytes.length;
      if (ahead.awaitBytes(CHUNK_BYTES)) return;
      if (ahead.isOver && ahead.waitingBytes === 0) this.#takeBack();
    }
    if (left <= 0) this.#takeAheadSoon();
  }

  #takeAheadSoon(): void {
    setImmediate(() => {
      this.#takeAhead();
    });
  }

  #takeBack(): void {
    this.#ahead = undefined;
    this.#flood.byteCount = 0;
    if (this.#isPaused) this.#stream.pause();
    handleOf(this.#stream)?.readStart();
  }

  /**
   * node-pty closes the descriptor a moment after its program has ended, paused or not, and a thread that reads on would
   * read what is another's by then. What has been written until now is handed on first.
   */
  #guardEnd(): void {
    const destroy = this.#stream.destroy.bind(this.#stream);
    this.#stream.destroy = (error) => {
      if (!this.#isEnding) this.#takeRest();
      return destroy(error);
    };
  }

  #takeRest(): void {
    this.#isEnding = true;
    const ahead = this.#ahead;
    this.#ahead = undefined;
    ahead?.recall();
    for (let bytes = ahead?.peek(CHUNK_BYTES); bytes?.length; bytes = ahead?.peek(CHUNK_BYTES)) {
      this.#listener(bytes);
      ahead?.take(bytes.length);
    }
    // Whatever it holds is emitted, as it would be after a pause.
    while (!this.#stream.destroyed && this.#stream.read() !== null);
    const length = this.#stream.destroyed ? 0 : this.#fill(0);
    if (length > 0) this.#listener(chunk.subarray(0, length));
  }
}

interface StreamHandle {
  /** What the stream believes: it starts a handle that is not. */
  readonly reading: boolean;
  readStop(): void;
  readStart(): void;
}

/** What is below a socket, which offers no way to stop reading at once; null after its end. */
function handleOf(stream: Socket): StreamHandle | null {
  return (stream as unknown as { readonly _handle: StreamHandle | null })._handle;
}

/** An end or an error is not told here: the stream meets it next. */
function readInto(fd: number, at: number): number {
  try {
    return readSync(fd, chunk, at, CHUNK_BYTES - at, null);
  } catch {
    return 0;
  }
}
