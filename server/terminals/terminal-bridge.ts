import {
  decodeClientFrame,
  encodeNonce,
  FRAME,
  FRAME_BYTES_MAX,
  type ClientFrame,
} from "../protocol/terminal-frames";
import type { Clock } from "../platform/clock";
import { AppError } from "../platform/errors";
import type { AgentAttachment } from "../sandboxes/sandbox-agent";
import { CLOSE_CODE, closeCodeOf } from "./close-code";
import { FrameBudget } from "./frame-budget";
import type { TicketGrant } from "./ticket-store";

/** The browser's end of a bridge, whatever carries it. */
export interface BrowserSide {
  /** Bytes accepted by `send` that the browser's connection has not taken yet. */
  readonly bufferedBytes: number;
  send(frame: Uint8Array): void;
  /** Tells the browser why and ends its connection. Idempotent. */
  close(code: number, reason: string): void;
}

export interface TerminalBridgeOptions {
  readonly grant: TicketGrant;
  readonly browser: BrowserSide;
  readonly attachment: AgentAttachment;
  readonly clock: Clock;
  /** Called for every valid frame of the browser, pings included. */
  readonly onActivity?: () => void;
  /** Called once, when both sides have been closed. `error` is undefined when somebody simply left. */
  readonly onEnd: (error: AppError | undefined) => void;
}

/** The server goes away for a restart: the browser comes back at once. */
export const CLOSE_CODE_RESTART = 1012;
/**
 * The window of unacknowledged output plus one whole redraw. A sandbox that sends more to a browser that does not read is
 * not our agent.
 */
const BUFFERED_BYTES_MAX = 2 * 1024 * 1024;
const AGENT_BUFFERED_BYTES_MAX = 1024 * 1024;
/** Typing, resizing and pings. A held key makes 30 a second. */
const FRAMES = { framesPerSecond: 200, burst: 400 };
/** Acknowledgements come with every 64 KiB that are rendered: at 60 MB/s a thousand a second. */
const ACKS = { framesPerSecond: 2_000, burst: 4_000 };
const LARGEST_AGENT_FRAME_TYPE = 0x0f;

/** Joins one browser to one attached terminal: frames go through as they are, once they have been checked. */
export class TerminalBridge {
  readonly #options: TerminalBridgeOptions;
  readonly #frames = new FrameBudget(FRAMES);
  readonly #acks = new FrameBudget(ACKS);
  #hasEnded = false;

  constructor(options: TerminalBridgeOptions) {
    this.#options = options;
  }

  /** Begins to pass on what the agent sends. To be called once; what the agent has sent already may end the bridge at once. */
  start(): void {
    const { attachment } = this.#options;
    attachment.onFrame((frame) => {
      this.#fromAgent(frame);
    });
    attachment.onClose(({ code }) => {
      this.#agentHasClosed(code);
    });
  }

  get grant(): TicketGrant {
    return this.#options.grant;
  }

  /** Takes one frame from the browser. Anything that is not in the protocol ends the bridge. */
  fromBrowser(bytes: Uint8Array): void {
    if (this.#hasEnded) return;
    const frame = bytes.length > FRAME_BYTES_MAX ? undefined : decodeClientFrame(bytes);
    if (frame === undefined) {
      this.refuse(new AppError("request.invalid", "a frame that is not in the protocol"));
      return;
    }
    const budget = frame.type === "ack" ? this.#acks : this.#frames;
    if (!budget.take(this.#options.clock.nowMs())) {
      this.refuse(new AppError("request.rate-limited", "too many frames"));
      return;
    }
    this.#options.onActivity?.();
    this.#forward(frame, bytes);
  }

  /** Ends both sides for a reason that is the browser's, the agent's or ours. Idempotent. */
  refuse(error: AppError): void {
    this.#end(closeCodeOf(error), error.code, error);
  }

  /** Ends both sides because the browser has left. Idempotent. */
  browserHasLeft(): void {
    this.#end(1_000, "", undefined);
  }

  /** Ends both sides because this server stops. Idempotent. */
  restart(): void {
    this.#end(CLOSE_CODE_RESTART, "restart", undefined);
  }

  #forward(frame: ClientFrame, bytes: Uint8Array): void {
    const { attachment, browser, grant } = this.#options;
    if (frame.type === "ping") {
      browser.send(encodeNonce("pong", frame.nonce));
      return;
    }
    // Read-only here as well as in the agent, which is the attendee's to tamper with.
    if (grant.isReadOnly && frame.type !== "ack") return;
    if (attachment.bufferedBytes > AGENT_BUFFERED_BYTES_MAX) {
      this.refuse(new AppError("agent.unreachable", "the agent does not read"));
      return;
    }
    attachment.send(bytes);
  }

  #fromAgent(frame: Uint8Array): void {
    if (this.#hasEnded) return;
    const { browser } = this.#options;
    const type = frame[0] ?? 0;
    // The server's own frames are never the agent's to send.
    if (type === 0 || type === FRAME.pong || type > LARGEST_AGENT_FRAME_TYPE) {
      this.refuse(new AppError("agent.misbehaved", `a frame of type ${type}`));
    } else if (browser.bufferedBytes > BUFFERED_BYTES_MAX) {
      this.refuse(new AppError("agent.misbehaved", "more output than the window allows"));
    } else {
      browser.send(frame);
    }
  }

  #agentHasClosed(code: number): void {
    if (code === CLOSE_CODE["not-found"]) {
      this.refuse(new AppError("terminal.not-found", "the terminal was closed"));
    } else if (code === CLOSE_CODE.conflict) {
      this.#end(CLOSE_CODE.conflict, "attached-elsewhere", undefined);
    } else {
      this.refuse(new AppError("agent.unreachable", `the attachment ended with ${code}`));
    }
  }

  #end(code: number, reason: string, error: AppError | undefined): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#options.attachment.close();
    this.#options.browser.close(code, reason);
    this.#options.onEnd(error);
  }
}
