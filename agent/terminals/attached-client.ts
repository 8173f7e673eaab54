import type { WebSocket } from "ws";
import {
  decodeClientFrame,
  encodeInputAck,
  encodeMessage,
  encodeOutput,
  encodeSize,
  FRAME,
  FRAME_BYTES_MAX,
  OUTPUT_BYTES_MAX,
  OUTPUT_HEADER_BYTES,
  UNACKED_BYTES_MAX,
  type ExitedMessage,
} from "../../server/protocol/terminal-frames";
import type { ScreenPart, Size } from "./evicted-screen";
import { FramePool } from "./frame-pool";
import type { ReplayRing } from "./replay-ring";
import type { SizeHistory } from "./size-history";

/** What a client needs of its terminal. */
export interface TerminalSource {
  readonly terminalId: string;
  readonly ring: ReplayRing;
  readonly sizes: SizeHistory;
  readonly exit: ExitedMessage | undefined;
  type(client: AttachedClient, inputOffset: number, bytes: Uint8Array): void;
  resize(size: Size): void;
  pace(): void;
  detach(client: AttachedClient): void;
  readScreen(onScreen: (parts: readonly ScreenPart[]) => void): void;
}

export interface AttachOptions {
  readonly socket: WebSocket;
  readonly clientId: string;
  /** Output offset to resume at; null asks for the whole screen. */
  readonly offset: number | null;
  readonly isReadOnly: boolean;
}

/** Proxies cut silent sockets; a peer that answers no ping within two of them is gone. */
const PING_MS = 15_000;
const CLOSE_CODE_REPLACED = 4409;
const CLOSE_CODE_ENDED = 4404;
const CLOSE_CODE_INVALID = 4400;
/** Shared by every attachment. */
const frames = new FramePool(FRAME_BYTES_MAX);

/** One attached socket: a cursor into the terminal's output, moved by what the client acknowledges. */
export class AttachedClient {
  readonly clientId: string;
  readonly #terminal: TerminalSource;
  readonly #options: AttachOptions;
  readonly #heartbeat: NodeJS.Timeout;
  #cursor: number;
  #ackedOffset: number;
  #sizeSequence: number;
  #isRedrawing = false;
  #isExitTold = false;
  #isAlive = true;

  constructor(terminal: TerminalSource, options: AttachOptions) {
    this.#terminal = terminal;
    this.#options = options;
    this.clientId = options.clientId;
    this.#cursor = this.#resumeOffset() ?? terminal.ring.start;
    this.#ackedOffset = this.#cursor;
    this.#sizeSequence = terminal.sizes.changeAt(this.#cursor).sequence;
    this.#heartbeat = setInterval(() => {
      this.#beat();
    }, PING_MS);
    this.#listen(options.socket);
  }

  /** Everything before this offset has been rendered by the client. */
  get ackedOffset(): number {
    return this.#ackedOffset;
  }

  /** True while the client may be sent nothing more until it acknowledges: the window has no room for a whole frame. */
  get isAtLimit(): boolean {
    return !this.#isRedrawing && this.#cursor - this.#ackedOffset > UNACKED_BYTES_MAX - OUTPUT_BYTES_MAX;
  }

  /** Greets the client and sends what it has missed. */
  start(inputOffset: number): void {
    const { terminalId, sizes } = this.#terminal;
    const isRedrawn = this.#resumeOffset() === undefined;
    const { columns, rows } = sizes.latest.size;
    const { isReadOnly } = this.#options;
    this.#send(encodeMessage("attached", { terminalId, columns, rows, isReadOnly, inputOffset, isRedrawn }));
    if (isRedrawn) this.#redraw();
    else this.#sendSize(sizes.at(this.#cursor));
    this.pump();
  }

  /** Sends what there is before the offset `until`, as far as the client's window allows. */
  pump(until = this.#terminal.ring.end): void {
    const { ring, sizes } = this.#terminal;
    if (this.#isRedrawing) return;
    if (this.#cursor < ring.start) {
      if (!this.isAtLimit) this.#redraw();
      return;
    }
    for (;;) {
      const change = sizes.next(this.#sizeSequence);
      if (change !== undefined && change.offset <= this.#cursor) {
        this.#sizeSequence = change.sequence;
        this.#sendSize(change.size);
        continue;
      }
      const end = Math.min(change?.offset ?? until, until);
      const length = Math.min(OUTPUT_BYTES_MAX, end - this.#cursor);
      if (length <= 0 || this.isAtLimit) break;
      this.#sendOutput(length);
    }
    this.#tellExit();
  }

  tellInput(inputOffset: number): void {
    this.#send(encodeInputAck(inputOffset));
  }

  /** Another socket of the same client has taken over. */
  replace(): void {
    this.#options.socket.close(CLOSE_CODE_REPLACED, "attached elsewhere");
    this.#dispose();
  }

  /** The terminal is closed. */
  end(): void {
    this.#options.socket.close(CLOSE_CODE_ENDED, "terminal closed");
    this.#dispose();
  }

  #resumeOffset(): number | undefined {
    const { offset } = this.#options;
    const { ring } = this.#terminal;
    return offset !== null && offset >= ring.start && offset <= ring.end ? offset : undefined;
  }

  #listen(socket: WebSocket): void {
    socket.on("message", (message: Buffer, isBinary) => {
      if (isBinary) this.#receive(message);
      else socket.close(CLOSE_CODE_INVALID, "text frame");
    });
    socket.on("pong", () => (this.#isAlive = true));
    socket.on("error", () => {
      socket.terminate();
    });
    socket.on("close", () => {
      this.#dispose();
    });
  }

  #receive(message: Buffer): void {
    const frame = decodeClientFrame(message);
    switch (frame?.type) {
      case "ack":
        this.#acknowledge(frame.offset);
        return;
      case "input":
        if (!this.#options.isReadOnly) this.#terminal.type(this, frame.inputOffset, frame.bytes);
        return;
      case "resize":
        if (!this.#options.isReadOnly) this.#terminal.resize(frame);
        return;
      case "ping":
        return;
      case undefined:
        this.#options.socket.close(CLOSE_CODE_INVALID, "malformed frame");
        this.#dispose();
    }
  }

  #acknowledge(offset: number): void {
    if (offset <= this.#ackedOffset || offset > this.#cursor) return;
    const wasAtLimit = this.isAtLimit;
    this.#ackedOffset = offset;
    // Otherwise everything but the current batch has been sent already; sending that early makes small frames.
    if (!wasAtLimit) return;
    this.pump();
    this.#terminal.pace();
  }

  #sendOutput(length: number): void {
    const { frame, release } = frames.take(OUTPUT_HEADER_BYTES + length);
    frame[0] = FRAME.output;
    frame.writeDoubleBE(this.#cursor, 1);
    this.#terminal.ring.copy(this.#cursor, frame, OUTPUT_HEADER_BYTES);
    this.#cursor += length;
    this.#send(frame, release);
  }

  #redraw(): void {
    this.#isRedrawing = true;
    this.#terminal.readScreen((parts) => {
      const { ring, sizes } = this.#terminal;
      this.#isRedrawing = false;
      this.#cursor = ring.start;
      this.#ackedOffset = ring.start;
      this.#sizeSequence = sizes.changeAt(ring.start).sequence;
      this.#sendScreen(parts, ring.start);
      this.pump();
      this.#terminal.pace();
    });
  }

  #sendScreen(parts: readonly ScreenPart[], offset: number): void {
    let type: "screen" | "screenMore" = "screen";
    for (const part of parts) {
      if (part.kind === "size") {
        this.#sendSize(part.size);
        continue;
      }
      for (let at = 0; at < part.bytes.length || type === "screen"; at += OUTPUT_BYTES_MAX) {
        this.#send(encodeOutput(type, offset, part.bytes.subarray(at, at + OUTPUT_BYTES_MAX)));
        type = "screenMore";
      }
    }
    if (type === "screen") this.#send(encodeOutput(type, offset, new Uint8Array()));
  }

  #sendSize(size: Size): void {
    this.#send(encodeSize("resized", size.columns, size.rows));
  }

  #tellExit(): void {
    const { exit, ring } = this.#terminal;
    if (exit === undefined || this.#isExitTold || this.#cursor !== ring.end) return;
    this.#isExitTold = true;
    this.#send(encodeMessage("exited", exit));
  }

  #send(frame: Uint8Array, onSent?: () => void): void {
    const { socket } = this.#options;
    if (socket.readyState === socket.OPEN) socket.send(frame, onSent);
    else onSent?.();
  }

  #beat(): void {
    const { socket } = this.#options;
    if (!this.#isAlive) {
      socket.terminate();
      return;
    }
    this.#isAlive = false;
    socket.ping();
  }

  #dispose(): void {
    clearInterval(this.#heartbeat);
    this.#terminal.detach(this);
  }
}
