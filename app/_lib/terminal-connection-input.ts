import { encodeInput, INPUT_WINDOW_BYTES } from "../../server/protocol/terminal-frames";

/** Typed bytes kept until the agent has typed them; a terminal that is cut off must not fill the page's memory. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024;
const FRAME_BYTES = 16 * 1024;

/** What has been typed and not been acknowledged: sent in order, again after a cut, and never twice. */
export class InputQueue {
  #kept = new Uint8Array();
  /** Input offset of the first kept byte. */
  #base = 0;
  #sentOffset = 0;

  /** False when too much is waiting already; the bytes are then not taken. */
  add(bytes: Uint8Array): boolean {
    if (this.#kept.length + bytes.length > KEPT_BYTES_MAX) return false;
    const joined = new Uint8Array(this.#kept.length + bytes.length);
    joined.set(this.#kept);
    joined.set(bytes, this.#kept.length);
    this.#kept = joined;
    return true;
  }

  /** A fresh attachment: everything after `inputOffset` is to be sent again. */
  resume(inputOffset: number): void {
    const end = this.#base + this.#kept.length;
    if (inputOffset >= this.#base && inputOffset <= end) this.acknowledge(inputOffset);
    // An agent that has forgotten this client counts from where it says.
    else this.#base = inputOffset;
    this.#sentOffset = this.#base;
  }

  acknowledge(inputOffset: number): void {
    const count = inputOffset - this.#base;
    if (count <= 0 || count > this.#kept.length) return;
    this.#kept = this.#kept.slice(count);
    this.#base = inputOffset;
    this.#sentOffset = Math.max(this.#sentOffset, inputOffset);
  }

  /** The next frame within the window; undefined when there is nothing to send now. */
  nextFrame(): Uint8Array | undefined {
    const from = this.#sentOffset - this.#base;
    const until = Math.min(this.#kept.length, INPUT_WINDOW_BYTES, from + FRAME_BYTES);
    if (until <= from) return undefined;
    const frame = encodeInput(this.#sentOffset, this.#kept.subarray(from, until));
    this.#sentOffset = this.#base + until;
    return frame;
  }
}
