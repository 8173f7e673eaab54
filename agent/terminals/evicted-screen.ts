import { GroundTracker } from "./ground-tracker";
import { createHeadless, type Headless } from "./headless";
import { findPlainTail } from "./plain-tail";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What brings an empty terminal to the state at the end of everything evicted: sizes and bytes, in order. */
export type ScreenPart =
  { readonly kind: "size"; readonly size: Size } | { readonly kind: "bytes"; readonly bytes: Buffer };

/** Lines kept above the screen. Five times what VS Code replays, 1.7 MB of heap at 80 columns. */
const SCROLLBACK_LINES = 1_000;
/** Longest serialized screen; wide and colourful ones come with less scrollback. */
const SCREEN_BYTES_MAX = 768 * 1024;
const SCROLLBACK_CHOICES = [SCROLLBACK_LINES, 200, 0];

/**
 * The terminal's state at the point where the replay ring begins: exact, because it is fed every byte that the ring
 * forgets, and cheap, because nothing is parsed before that. Made at the first eviction.
 */
export class EvictedScreen {
  readonly #headless: Headless;
  #tracker = new GroundTracker();
  readonly #onRelief: () => void;
  #pending: ScreenPart[] = [];
  #pendingBytes = 0;
  #isParsing = false;
  /** Plain text that is written only when something else follows or the screen is read: more of it makes it unseen. */
  #deferred: Buffer | undefined;
  /** Top and bottom row of the scrolling region; null while it is the whole screen. */
  #region: readonly [number, number] | null = null;
  #isDrawingLines = false;
  #waiting: (() => void)[] = [];

  /** `onRelief` is called whenever the backlog has become smaller. */
  constructor(size: Size, onRelief: () => void) {
    this.#headless = createHeadless(size, SCROLLBACK_LINES);
    this.#onRelief = onRelief;
    this.#watchModes();
  }

  /** Bytes that were evicted but not parsed yet. */
  get backlogBytes(): number {
    return this.#pendingBytes;
  }

  /** Takes what was evicted. @returns whether it still looks at `bytes`; else they may be written over */
  feed(bytes: Buffer): boolean {
    if (bytes.length === 0) return false;
    this.#pending.push({ kind: "bytes", bytes });
    this.#pendingBytes += bytes.length;
    this.#parse();
    return this.#isParsing || this.#pending.some((part) => "bytes" in part && part.bytes === bytes);
  }

  resize(size: Size): void {
    this.#pending.push({ kind: "size", size });
    this.#parse();
  }

  /** Calls back, between two parses, with the state at the end of everything fed so far. */
  read(onScreen: (parts: readonly ScreenPart[]) => void): void {
    const answer = (): void => {
      onScreen([
        { kind: "size", size: this.#size() },
        { kind: "bytes", bytes: this.#serialize() },
        ...this.#pending,
      ]);
    };
    if (this.#deferred !== undefined) this.#write(Buffer.alloc(0));
    if (this.#isParsing) this.#waiting.push(answer);
    else answer();
  }

  dispose(): void {
    this.#waiting = [];
    this.#headless.terminal.dispose();
  }

  #parse(): void {
    while (!this.#isParsing) {
      const first = this.#pending[0];
      if (first === undefined) return;
      if (first.kind === "size") {
        this.#resizeTo(first.size);
        continue;
      }
      const isFromGround = this.#tracker.isGround;
      const taken = this.#takeGround();
      if (taken === undefined) return;
      const tail = isFromGround ? this.#findUnseen(taken) : undefined;
      if (tail === undefined) this.#write(taken);
      // What was deferred before has scrolled out as well.
      else this.#deferred = Buffer.concat([Buffer.from("\r\n"), taken.subarray(tail)]);
    }
  }

  #resizeTo({ columns, rows }: Size): void {
    if (this.#deferred !== undefined) {
      this.#write(Buffer.alloc(0));
      return;
    }
    this.#pending.shift();
    this.#headless.terminal.resize(columns, rows);
    this.#region = null;
  }

  #write(bytes: Buffer): void {
    const all = this.#deferred === undefined ? bytes : Buffer.concat([this.#deferred, bytes]);
    this.#deferred = undefined;
    this.#isParsing = true;
    this.#headless.terminal.write(all, () => {
      this.#isParsing = false;
      for (const answer of this.#waiting.splice(0)) answer();
      this.#onRelief();
      this.#parse();
    });
  }

  /** Takes what is pending up to the next change of size, but ends between two sequences; the rest stays pending. */
  #takeGround(): Buffer | undefined {
    const isSize = (part: ScreenPart): boolean => part.kind === "size";
    const nextSize = this.#pending.findIndex(isSize);
    const run = nextSize === -1 ? this.#pending : this.#pending.slice(0, nextSize);
    const bytes = joined(run);
    const tracker = this.#tracker.copy();
    const groundLength = tracker.advance(bytes);
    // A string that never ends, or a resize in the middle of a sequence, must not hold the rest up for ever.
    const isStuck = groundLength === 0 && (nextSize !== -1 || bytes.length > SCREEN_BYTES_MAX);
    const length = nextSize !== -1 || isStuck ? bytes.length : groundLength;
    if (length === 0) return undefined;
    this.#tracker = length === bytes.length ? tracker : new GroundTracker();
    // Copied, because mostly it is less than a character, and what it was cut from may be written over.
    const left = Buffer.from(bytes.subarray(length));
    this.#pending.splice(
      0,
      run.length,
      ...(left.length === 0 ? [] : [{ kind: "bytes", bytes: left } as const]),
    );
    this.#pendingBytes -= length;
    return bytes.subarray(0, length);
  }

  /**
   * Where plain text ends that will have scrolled out of the scrollback at the end of `bytes` anyway. Twice the rows,
   * because the text may begin anywhere on the screen, over rows that it does not replace at once.
   */
  #findUnseen(bytes: Buffer): number | undefined {
    if (this.#region !== null) return undefined;
    return findPlainTail(bytes, SCROLLBACK_LINES + 2 * this.#headless.terminal.rows + 1);
  }

  #serialize(): Buffer {
    const modes = this.#serializeModes();
    let screen = Buffer.alloc(0);
    for (const lines of SCROLLBACK_CHOICES) {
      screen = Buffer.from(this.#headless.serialize(lines) + modes);
      if (screen.length <= SCREEN_BYTES_MAX) break;
    }
    return screen;
  }

  #size(): Size {
    return { columns: this.#headless.terminal.cols, rows: this.#headless.terminal.rows };
  }

  /** What the serializer forgets: the scrolling region, where plain text pushes nothing out, and the line-drawing set. */
  #watchModes(): void {
    const { terminal } = this.#headless;
    terminal.parser.registerCsiHandler({ final: "r" }, ([top, bottom]) => {
      const first = Math.max(1, Number(top ?? 1));
      const last = Number(bottom ?? 0) === 0 ? terminal.rows : Math.min(Number(bottom), terminal.rows);
      this.#region = first === 1 && last === terminal.rows ? null : [first, last];
      return false;
    });
    for (const final of ["0", "B", "A"]) {
      terminal.parser.registerEscHandler({ intermediates: "(", final }, () => {
        this.#isDrawingLines = final === "0";
        return false;
      });
    }
    terminal.parser.registerEscHandler({ final: "c" }, () => {
      this.#region = null;
      this.#isDrawingLines = false;
      return false;
    });
  }

  #serializeModes(): string {
    const { cursorX, cursorY } = this.#headless.terminal.buffer.active;
    // Setting a region moves the cursor home.
    const region =
      this.#region === null ? "" : `\u001b[${this.#region.join(";")}r\u001b[${cursorY + 1};${cursorX + 1}H`;
    return region + (this.#isDrawingLines ? "\u001b(0" : "");
  }
}

function joined(parts: readonly ScreenPart[]): Buffer {
  const buffers = parts.map((part) => (part.kind === "bytes" ? part.bytes : Buffer.alloc(0)));
  return buffers.length === 1 && buffers[0] !== undefined ? buffers[0] : Buffer.concat(buffers);
}
