import {
  decodeAgentFrame,
  encodeAck,
  encodeNonce,
  encodeSize,
  type AttachedMessage,
  type ExitedMessage,
} from "../../server/protocol/terminal-frames";
import { InputQueue } from "./terminal-connection-input";
import { OutputQueue, type OutputSink, type TerminalSize } from "./terminal-connection-output";
import {
  openHttpTransport,
  openSocketTransport,
  type Transport,
  type TransportEnvironment,
} from "./terminal-connection-transports";

export type TerminalConnectionState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** Live over plain HTTP, because WebSockets are blocked. */
  | { readonly kind: "fallback" }
  /** Cut off; tries for ever. What is typed waits. */
  | { readonly kind: "reconnecting" }
  | { readonly kind: "exited"; readonly exitCode: number; readonly signal: number }
  /** The terminal is not there any more: it was closed, or its agent was started anew. */
  | { readonly kind: "gone" }
  /** Trying again alone does not help. `code` is the close code, 4400 to 4499; 0 when no ticket is to be had. */
  | { readonly kind: "refused"; readonly code: number; readonly reason: string };

export interface TerminalConnectionOptions {
  /** A fresh single-use ticket. A rejection is tried again, unless `readRefusal` says that it is final. */
  readonly getTicket: () => Promise<string>;
  /** Why no ticket is to be had for this terminal; undefined when there may be one later. */
  readonly readRefusal?: (error: unknown) => "gone" | "refused" | undefined;
  /** Random, of this page alone: 1 to 64 letters, digits and hyphens. */
  readonly clientId: string;
  readonly sink: OutputSink;
  readonly onState: (state: TerminalConnectionState) => void;
  /** Round trip to the server, every 10 s while connected. */
  readonly onLatency: (latencyMs: number) => void;
  readonly environment: TransportEnvironment;
  readonly random: () => number;
  readonly nowMs: () => number;
}

const PING_MS = 10_000;
/** After the network or the page has come back, an answer is expected sooner. */
const PROBE_MS = 3_000;
/** The server gives an agent less than this to answer. */
const ATTACH_MS_MAX = 20_000;
const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 5_000;
/** Sockets that never opened, after which plain HTTP is tried. */
const BLOCKED_OPENS = 2;
/** Tickets are good for 30 s: on a bad network one may expire on its way. */
const TICKETS_REFUSED_MAX = 3;
const UNAUTHENTICATED = 4401;
const NOT_FOUND = 4404;

/**
 * One terminal's connection: resumes at the exact byte after every cut, types nothing twice, acknowledges what has been
 * rendered, and keeps trying until it is disposed of. Knows no framework and no emulator.
 */
export class TerminalConnection {
  readonly #options: TerminalConnectionOptions;
  readonly #input = new InputQueue();
  readonly #output: OutputQueue;
  #state: TerminalConnectionState = { kind: "connecting" };
  #transport: Transport | undefined;
  #wantedSize: TerminalSize | undefined;
  #isAttached = false;
  #isFollowing = false;
  #failures = 0;
  #blockedOpens = 0;
  #ticketsRefused = 0;
  #attempt = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #pingTimer: ReturnType<typeof setTimeout> | undefined;
  #attachTimer: ReturnType<typeof setTimeout> | undefined;
  #isShown = true;
  #ping: { readonly nonce: number; readonly atMs: number } | undefined;

  constructor(options: TerminalConnectionOptions) {
    this.#options = options;
    const { sink } = options;
    const follow = (size: TerminalSize): void => {
      // The emulator reports the size that it was just given: that is not a wish of its own.
      this.#isFollowing = true;
      sink.follow(size);
      this.#isFollowing = false;
    };
    this.#output = new OutputQueue(
      {
        write: (bytes) => sink.write(bytes),
        reset: () => {
          sink.reset();
        },
        follow,
      },
      (offset) => this.#transport?.send(encodeAck(offset)),
    );
  }

  get state(): TerminalConnectionState {
    return this.#state;
  }

  /** Starts connecting. To be called once. */
  open(): void {
    void this.#connect();
  }

  /** Types bytes, now or once connected; false when too much is waiting already. */
  type(bytes: Uint8Array): boolean {
    if (this.#isFinal() || !this.#input.add(bytes)) return false;
    this.#sendInput();
    return true;
  }

  /** The size that the emulator has on this page. */
  resize(size: TerminalSize): void {
    if (this.#isFollowing) return;
    this.#wantedSize = size;
    if (this.#isAttached) this.#transport?.send(encodeSize("resize", size.columns, size.rows));
  }

  /** The network or the page has come back (`online`, `visibilitychange`): try, or look whether it still works, at once. */
  wake(): void {
    if (this.#isFinal()) return;
    if (this.#retryTimer !== undefined) void this.#connect();
    else if (this.#isAttached) this.#beat(PROBE_MS);
  }

  /**
   * Whether anybody sees the terminal. Over plain HTTP each one takes one of the six connections that a browser makes to a server, for
   * all its tabs: what nobody sees gives its own back, and comes back to its byte when it is shown.
   */
  show(isShown: boolean): void {
    if (this.#isShown === isShown) return;
    this.#isShown = isShown;
    if (this.#isFinal()) return;
    if (!isShown && this.#transport?.kind === "http") {
      this.#detach();
      this.#tell({ kind: "reconnecting" });
    } else if (isShown && this.#transport === undefined && this.#retryTimer === undefined) {
      void this.#connect();
    }
  }

  /** Ends the connection; the shell goes on. */
  dispose(): void {
    this.#detach();
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#attempt = Number.NaN;
    this.#output.dispose();
  }

  async #connect(): Promise<void> {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#attempt += 1;
    const isBlocked = this.#blockedOpens >= BLOCKED_OPENS;
    if (isBlocked && !this.#isShown) return;
    const attempt = this.#attempt;
    let ticket: string;
    try {
      ticket = await this.#options.getTicket();
    } catch (error) {
      if (attempt !== this.#attempt) return;
      const refusal = this.#options.readRefusal?.(error);
      if (refusal === "gone") this.#finish({ kind: "gone" });
      else if (refusal === "refused") this.#finish({ kind: "refused", code: 0, reason: "no-ticket" });
      else this.#retry();
      return;
    }
    // Somebody was faster, or this connection has been disposed of.
    if (attempt !== this.#attempt) return;
    const hello = JSON.stringify({ ticket, clientId: this.#options.clientId, offset: this.#output.offset });
    const open = isBlocked ? openHttpTransport : openSocketTransport;
    this.#transport = open(this.#options.environment, hello, {
      onFrame: (frame) => {
        if (attempt === this.#attempt) this.#receive(frame);
      },
      onClose: (end) => {
        if (attempt === this.#attempt) this.#cut(end);
      },
    });
    // A socket that opens and carries nothing is as blocked as one that does not open.
    this.#attachTimer = setTimeout(() => {
      this.#cut({ code: 1006, reason: "", hasOpened: false });
    }, ATTACH_MS_MAX);
  }

  #receive(bytes: Uint8Array): void {
    const frame = decodeAgentFrame(bytes);
    switch (frame?.type) {
      case "attached":
        this.#attached(frame.message);
        return;
      case "output":
        if (!this.#output.output(frame.offset, frame.bytes)) this.#restart();
        return;
      case "screen":
        this.#output.screen(frame.offset, frame.bytes);
        return;
      case "screenMore":
        this.#output.screenMore(frame.offset, frame.bytes);
        return;
      case "resized":
        this.#output.size(frame);
        return;
      case "inputAck":
        this.#input.acknowledge(frame.inputOffset);
        this.#sendInput();
        return;
      case "pong":
        this.#pong(frame.nonce);
        return;
      case "exited":
        this.#exited(frame.message);
        return;
      case undefined:
        this.#restart();
    }
  }

  #attached(message: AttachedMessage): void {
    clearTimeout(this.#attachTimer);
    this.#isAttached = true;
    this.#failures = 0;
    this.#ticketsRefused = 0;
    if (this.#transport?.kind === "websocket") this.#blockedOpens = 0;
    if (!message.isRedrawn) this.#output.resume(this.#output.offset ?? 0);
    this.#input.resume(message.inputOffset);
    const wanted = this.#wantedSize;
    if (wanted !== undefined && (wanted.columns !== message.columns || wanted.rows !== message.rows)) {
      this.#transport?.send(encodeSize("resize", wanted.columns, wanted.rows));
    }
    this.#tell({ kind: this.#transport?.kind === "http" ? "fallback" : "live" });
    this.#sendInput();
    this.#beat(PING_MS);
  }

  #exited({ exitCode, signal }: ExitedMessage): void {
    this.#finish({ kind: "exited", exitCode, signal });
  }

  #sendInput(): void {
    if (!this.#isAttached) return;
    for (let frame = this.#input.nextFrame(); frame !== undefined; frame = this.#input.nextFrame()) {
      this.#transport?.send(frame);
    }
  }

  /** Sends a ping; without its answer within `answerMs` the connection is taken for dead. */
  #beat(answerMs: number): void {
    clearTimeout(this.#pingTimer);
    const nonce = Math.floor(this.#options.random() * 0xffff_ffff);
    this.#ping = { nonce, atMs: this.#options.nowMs() };
    this.#transport?.send(encodeNonce("ping", nonce));
    this.#pingTimer = setTimeout(() => {
      if (this.#ping !== undefined) this.#restart();
      else this.#beat(PING_MS);
    }, answerMs);
  }

  #pong(nonce: number): void {
    if (this.#ping?.nonce !== nonce) return;
    this.#options.onLatency(this.#options.nowMs() - this.#ping.atMs);
    this.#ping = undefined;
  }

  #restart(): void {
    this.#cut({ code: 1006, reason: "", hasOpened: true });
  }

  #cut({ code, reason, hasOpened }: { code: number; reason: string; hasOpened: boolean }): void {
    const wasHttp = this.#transport?.kind === "http";
    this.#detach();
    // A failed fallback means that the server is away, not that sockets are blocked.
    if (!hasOpened) this.#blockedOpens = wasHttp ? 0 : this.#blockedOpens + 1;
    if (code === UNAUTHENTICATED) this.#ticketsRefused += 1;
    const isTicketLate = code === UNAUTHENTICATED && this.#ticketsRefused < TICKETS_REFUSED_MAX;
    if (code === NOT_FOUND) this.#finish({ kind: "gone" });
    else if (code >= 4400 && code < 4500 && !isTicketLate) this.#finish({ kind: "refused", code, reason });
    else this.#retry();
  }

  #retry(): void {
    const delayMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 10);
    if (this.#state.kind !== "connecting") this.#tell({ kind: "reconnecting" });
    // A whole room loses its server at once and must not come back at once.
    this.#retryTimer = setTimeout(() => void this.#connect(), delayMs * (0.5 + this.#options.random()));
  }

  #finish(state: TerminalConnectionState): void {
    this.#detach();
    this.#tell(state);
  }

  #detach(): void {
    clearTimeout(this.#pingTimer);
    clearTimeout(this.#attachTimer);
    this.#ping = undefined;
    this.#isAttached = false;
    this.#transport?.close();
    this.#transport = undefined;
    this.#attempt += 1;
  }

  #isFinal(): boolean {
    return ["exited", "gone", "refused"].includes(this.#state.kind);
  }

  #tell(state: TerminalConnectionState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}
