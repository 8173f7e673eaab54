type State = "ground" | "escape" | "escapeIntermediate" | "csi" | "string";

const ESC = 0x1b;
const CAN = 0x18;
const SUB = 0x1a;
const BEL = 0x07;
const C1_LEAD = 0xc2;
const UTF8_BYTES_MAX = 4;

/**
 * Follows a terminal's byte stream just far enough to tell where it is between sequences: not inside an escape sequence,
 * a string or a UTF-8 character. A screen may be taken, or output cut, only there.
 * @see https://vt100.net/emu/dec_ansi_parser
 */
export class GroundTracker {
  #state: State = "ground";
  #continuationBytes = 0;
  #isC1Pending = false;

  /** True between two sequences. */
  get isGround(): boolean {
    return this.#state === "ground" && this.#continuationBytes === 0;
  }

  /** Length of the longest prefix of `bytes` after which the stream is between sequences; 0 when there is none. */
  advance(bytes: Buffer): number {
    if (this.isGround && !bytes.includes(ESC) && !bytes.includes(C1_LEAD)) return this.#advanceText(bytes);
    let groundLength = 0;
    for (let index = 0; index < bytes.length; index += 1) {
      this.#step(bytes[index] ?? 0);
      if (this.isGround) groundLength = index + 1;
    }
    return groundLength;
  }

  /** Text without sequences: only a character at its end may be cut. Most output is that, and is searched natively. */
  #advanceText(bytes: Buffer): number {
    const start = Math.max(0, bytes.length - UTF8_BYTES_MAX);
    let groundLength = start;
    for (let index = start; index < bytes.length; index += 1) {
      this.#step(bytes[index] ?? 0);
      if (this.isGround) groundLength = index + 1;
    }
    return groundLength;
  }

  /** A tracker at the same place of the stream, to look ahead with. */
  copy(): GroundTracker {
    const copy = new GroundTracker();
    copy.#state = this.#state;
    copy.#continuationBytes = this.#continuationBytes;
    copy.#isC1Pending = this.#isC1Pending;
    return copy;
  }

  #step(byte: number): void {
    if (this.#continuationBytes > 0 && (byte & 0xc0) === 0x80) {
      this.#continuationBytes -= 1;
      if (this.#isC1Pending && byte < 0xa0) this.#stepC1(byte);
      this.#isC1Pending = false;
      return;
    }
    this.#continuationBytes = 0;
    this.#isC1Pending = false;
    if (byte === ESC) this.#state = "escape";
    else if (byte === CAN || byte === SUB) this.#state = "ground";
    else if (byte >= 0x80) this.#startCharacter(byte);
    else this.#stepAscii(byte);
  }

  #startCharacter(byte: number): void {
    this.#continuationBytes = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0;
    this.#isC1Pending = byte === C1_LEAD;
  }

  #stepC1(byte: number): void {
    if (byte === 0x9b) this.#state = "csi";
    else if ([0x90, 0x98, 0x9d, 0x9e, 0x9f].includes(byte)) this.#state = "string";
    else this.#state = "ground";
  }

  #stepAscii(byte: number): void {
    switch (this.#state) {
      case "ground":
        return;
      case "escape":
        this.#stepEscape(byte);
        return;
      case "escapeIntermediate":
        if (byte >= 0x30 && byte <= 0x7e) this.#state = "ground";
        return;
      case "csi":
        if (byte >= 0x40 && byte <= 0x7e) this.#state = "ground";
        return;
      case "string":
        if (byte === BEL) this.#state = "ground";
        return;
    }
  }

  #stepEscape(byte: number): void {
    if (byte < 0x20) return;
    if (byte === 0x5b) this.#state = "csi";
    // ] P X ^ _ begin a string: OSC, DCS, SOS, PM, APC.
    else if ([0x5d, 0x50, 0x58, 0x5e, 0x5f].includes(byte)) this.#state = "string";
    else if (byte < 0x30) this.#state = "escapeIntermediate";
    else this.#state = "ground";
  }
}
