import { readSync } from "node:fs";
import type { Socket } from "node:net";
import { OUTPUT_BYTES_MAX } from "../../server/protocol/terminal-frames";

export interface PtyMaster {
  /** Reads `fd`, meets its end, and stops while it is paused. */
  readonly stream: Socket;
  /** The same descriptor, which does not block. */
  readonly fd: number;
}

/** Handed on at once: a whole frame, so that whoever listens can pause the stream before the next. */
const CHUNK_BYTES = OUTPUT_BYTES_MAX;
/** Read at most before other events get their turn. */
const TURN_BYTES_MAX = 4 * CHUNK_BYTES;
/** The kernel hands out 4 KiB at most: a read of much of that belongs to a flow, and more waits behind it. */
const FLOW_BYTES = 1_024;
/** Shared by all terminals: its bytes are handed on before anything else is read. */
const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);

/**
 * Calls `listener` with everything that the terminal writes, in order; the bytes are the listener's until it returns. Under
 * flow the descriptor is read until it is empty: by the stream alone, every 4 KiB cost a turn of the event loop and a buffer.
 */
export function readPty({ stream, fd }: PtyMaster, listener: (bytes: Buffer) => void): void {
  stream.on("data", (first: Buffer) => {
    if (first.length < FLOW_BYTES || first.length >= CHUNK_BYTES || !mayReadPast(stream)) {
      listener(first);
      return;
    }
    let length = fill(fd, first.copy(chunk));
    for (let left = TURN_BYTES_MAX; length > 0; length = fill(fd, 0)) {
      listener(chunk.subarray(0, length));
      left -= length;
      if (length < CHUNK_BYTES || left <= 0 || !mayReadPast(stream)) return;
    }
  });
}

/** What a stream that was paused still holds comes first; and the descriptor of a closed one is another's by now. */
function mayReadPast(stream: Socket): boolean {
  return stream.readableLength === 0 && !stream.isPaused() && !stream.destroyed;
}

/** Reads until the chunk, filled up to `from`, is full or nothing is there. @returns up to where it is filled */
function fill(fd: number, from: number): number {
  for (let length = from; ;) {
    const count = length < CHUNK_BYTES ? readInto(fd, length) : 0;
    if (count === 0) return length;
    length += count;
  }
}

/** An end or an error is not told here: the stream meets it next. */
function readInto(fd: number, at: number): number {
  try {
    return readSync(fd, chunk, at, CHUNK_BYTES - at, null);
  } catch {
    return 0;
  }
}
