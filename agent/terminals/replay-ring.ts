/** Storage is taken and given back in pieces of this size; eviction by whole ones copies nothing. */
export const SEGMENT_BYTES = 256 * 1024;

/**
 * The last bytes of an endless stream, addressed by their absolute offset. Kept in segments, so that a million one-byte
 * writes take no more memory than one write of a million bytes.
 */
export class ReplayRing {
  #segments: Buffer[] = [];
  #spare: Buffer | undefined;
  /** Offset of the first byte of the first segment: a multiple of the segment's size. */
  #base = 0;
  #start = 0;
  #end = 0;

  /** Offset of the oldest byte that is still here. */
  get start(): number {
    return this.#start;
  }

  /** Offset that follows the newest byte. */
  get end(): number {
    return this.#end;
  }

  append(bytes: Uint8Array): void {
    let written = 0;
    while (written < bytes.length) {
      const at = this.#end - this.#base;
      const segment = this.#segmentForWriting(Math.floor(at / SEGMENT_BYTES));
      const room = SEGMENT_BYTES - (at % SEGMENT_BYTES);
      const part = bytes.subarray(written, written + room);
      segment.set(part, at % SEGMENT_BYTES);
      written += part.length;
      this.#end += part.length;
    }
  }

  /** Copies the bytes from `offset` into `target` at `targetStart`, as many as fit; all of them must be here. */
  copy(offset: number, target: Uint8Array, targetStart: number): void {
    if (offset < this.#start) throw new RangeError(`offset ${offset} has left the ring at ${this.#start}`);
    let from = offset;
    let to = targetStart;
    while (to < target.length && from < this.#end) {
      const at = from - this.#base;
      const segment = this.#segments[Math.floor(at / SEGMENT_BYTES)];
      if (segment === undefined) throw new RangeError(`offset ${from} is not in the ring`);
      const inSegment = at % SEGMENT_BYTES;
      const count = Math.min(SEGMENT_BYTES - inSegment, target.length - to, this.#end - from);
      segment.copy(target, to, inSegment, inSegment + count);
      from += count;
      to += count;
    }
  }

  /** Forgets what precedes `offset` and returns it, uncopied when it lies in one segment. */
  evictTo(offset: number): Buffer {
    const evicted = this.#read(Math.max(0, Math.min(offset, this.#end) - this.#start));
    this.#start += evicted.length;
    const count = Math.floor((this.#start - this.#base) / SEGMENT_BYTES);
    this.#segments.splice(0, count);
    this.#base += count * SEGMENT_BYTES;
    return evicted;
  }

  /**
   * Takes back what `evictTo` has given away, to be written over: nobody may look at it any more. Taking a segment anew for
   * every 256 KiB of a flood keeps the garbage collector busy.
   */
  giveBack(evicted: Buffer): void {
    const { buffer } = evicted;
    const isWhole = evicted.length === SEGMENT_BYTES && buffer.byteLength === SEGMENT_BYTES;
    if (isWhole) this.#spare = evicted;
  }

  /** The oldest `length` bytes. */
  #read(length: number): Buffer {
    const at = this.#start - this.#base;
    const first = this.#segments[0];
    // Written bytes never change: a segment is filled once.
    if (first !== undefined && at + length <= SEGMENT_BYTES) return first.subarray(at, at + length);
    const bytes = Buffer.allocUnsafe(length);
    this.copy(this.#start, bytes, 0);
    return bytes;
  }

  #segmentForWriting(index: number): Buffer {
    const existing = this.#segments[index];
    if (existing !== undefined) return existing;
    const segment = this.#spare ?? Buffer.allocUnsafeSlow(SEGMENT_BYTES);
    this.#spare = undefined;
    this.#segments.push(segment);
    return segment;
  }
}
