import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { FRAME_BYTES_MAX } from "../protocol/terminal-frames";
import type { Actor } from "../platform/actor";
import type { Clock } from "../platform/clock";
import { AppError, ERROR_TRAITS } from "../platform/errors";
import { HTTP_STATUS } from "../platform/http-status";
import type { Logger } from "../platform/logger";
import type { SandboxAgent } from "../sandboxes/sandbox-agent";
import { admitBrowser } from "./admit-browser";
import { asAppError } from "../platform/as-app-error";
import type { Bridges } from "./bridges";
import { CLOSE_CODE, closeCodeOf } from "./close-code";
import { PlainHttp } from "./plain-http";
import { SocketSide } from "./socket-side";
import { CLOSE_CODE_RESTART, type TerminalBridge } from "./terminal-bridge";
import type { TicketStore } from "./ticket-store";

export interface TerminalGatewayOptions {
  /** Who sent a request, by its cookie; null for nobody. */
  readonly readActor: (request: IncomingMessage) => Promise<Actor | null>;
  /** Exact comparison; a missing origin is refused. */
  readonly isAllowedOrigin: (origin: string | undefined) => boolean;
  readonly tickets: TicketStore;
  readonly agent: SandboxAgent;
  readonly bridges: Bridges;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a browser over plain HTTP may send nothing; 90 s when absent. */
  readonly silenceMsMax?: number;
}

export interface TerminalGateway {
  /** For upgrades at `/ws/terminal`. Never throws. */
  readonly handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** For requests under `/api/terminals/`: the fallback where WebSockets are blocked. */
  readonly handleRequest: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Ends whatever the account has open, at once. */
  readonly revoke: (accountId: string) => void;
  /** Tells every browser to come back (1012) and resolves when no connection is left. */
  readonly close: () => Promise<void>;
}

const HELLO_TIMEOUT_MS = 5_000;
/** Frames that a browser may send before the agent has answered. */
const EARLY_FRAMES_MAX = 64;
/** Sockets that may be on their way to a bridge at once; bridges themselves are bounded by the sandboxes. */
const OPENING_MAX = 1_000;
const CLOSE_TIMEOUT_MS = 3_000;
const CLOSE_POLL_MS = 20;

/** The only place where a browser meets an agent. */
export function createTerminalGateway(options: TerminalGatewayOptions): TerminalGateway {
  const gateway = new SocketGateway(options);
  const plainHttp = new PlainHttp(options);
  return {
    handleUpgrade: (request, socket, head) => {
      void gateway.upgrade(request, socket, head);
    },
    handleRequest: (request, response) => plainHttp.answer(request, response),
    revoke: (accountId) => {
      options.bridges.revoke(accountId);
    },
    close: async () => {
      plainHttp.close();
      await gateway.close();
    },
  };
}

class SocketGateway {
  readonly #options: TerminalGatewayOptions;
  readonly #server = new WebSocketServer({
    noServer: true,
    // Costs ten times the CPU and 220 KiB a terminal; see docs/adr/0004-terminal-protocol.md.
    perMessageDeflate: false,
    maxPayload: FRAME_BYTES_MAX,
  });
  #openingCount = 0;
  #isClosing = false;

  constructor(options: TerminalGatewayOptions) {
    this.#options = options;
  }

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on("error", () => socket.destroy());
    this.#openingCount += 1;
    try {
      const actor = await this.#authorize(request);
      if (socket.destroyed) return;
      this.#server.handleUpgrade(request, socket, head, (webSocket) => {
        void this.#serve(webSocket, actor);
      });
    } catch (caught) {
      const error = asAppError(caught);
      this.#options.bridges.refused(error, { stage: "upgrade" });
      const status = HTTP_STATUS[ERROR_TRAITS[error.code].kind];
      socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    } finally {
      this.#openingCount -= 1;
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#options.bridges.restartAll();
    for (const socket of this.#server.clients) socket.close(CLOSE_CODE_RESTART, "restart");
    const deadlineMs = this.#options.clock.nowMs() + CLOSE_TIMEOUT_MS;
    while (this.#server.clients.size > 0 && this.#options.clock.nowMs() < deadlineMs) {
      await this.#options.clock.sleep(CLOSE_POLL_MS);
    }
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }

  async #authorize(request: IncomingMessage): Promise<Actor> {
    const { isAllowedOrigin, readActor } = this.#options;
    if (!isAllowedOrigin(request.headers.origin))
      throw new AppError("origin.refused", "a foreign page or none");
    if (this.#isClosing || this.#openingCount > OPENING_MAX) {
      throw new AppError("request.rate-limited", "too many sockets are opening");
    }
    const actor = await readActor(request);
    if (actor === null) throw new AppError("account.unauthenticated", "no auth session");
    return actor;
  }

  async #serve(socket: WebSocket, actor: Actor): Promise<void> {
    const side = new SocketSide(socket);
    const left = new AbortController();
    const inbox = new Inbox(socket);
    let bridge: TerminalBridge | undefined;
    let problem: AppError | undefined;
    socket.on("error", (cause) => (problem = new AppError("request.invalid", cause.message, { cause })));
    socket.on("close", () => {
      side.dispose();
      left.abort();
      if (problem !== undefined) bridge?.refuse(problem);
      bridge?.browserHasLeft();
    });
    try {
      const hello = await inbox.readHello(left.signal);
      const admission = await admitBrowser(this.#options, actor, { hello, signal: left.signal });
      bridge = this.#options.bridges.open(admission, side, () => undefined);
      if (left.signal.aborted) bridge.browserHasLeft();
      if (this.#isClosing) bridge.restart();
      inbox.passTo(bridge);
    } catch (caught) {
      const error = problem ?? asAppError(caught);
      const hasLeft = left.signal.aborted && problem === undefined;
      if (!hasLeft) this.#options.bridges.refused(error, { actorId: actor.accountId, stage: "hello" });
      side.close(closeCodeOf(error), error.code);
    }
  }
}

/** What arrives on a socket, from its first byte on: one text, then frames, which wait until there is a bridge. */
class Inbox {
  readonly #socket: WebSocket;
  readonly #waiting: Buffer[] = [];
  readonly #hello: Promise<string>;
  #refuse: (reason: string) => void = () => undefined;
  #bridge: TerminalBridge | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#hello = new Promise((resolve, reject) => {
      this.#refuse = (reason) => {
        reject(new AppError("request.invalid", reason));
      };
      socket.once("message", (message: Buffer, isBinary) => {
        if (isBinary) this.#refuse("the first message is not text");
        else resolve(message.toString());
        socket.on("message", (frame: Buffer, isFrame) => {
          this.#receive(isFrame ? frame : Buffer.alloc(0));
        });
      });
    });
    // Refused before anybody waits for it: still reported by `readHello`.
    this.#hello.catch(() => undefined);
  }

  /** @throws AppError `request.invalid` when there is none in time, or it is not text */
  async readHello(signal: AbortSignal): Promise<string> {
    const timer = setTimeout(() => {
      this.#refuse("no first message in time");
    }, HELLO_TIMEOUT_MS);
    signal.addEventListener("abort", () => {
      this.#refuse("left before the first message");
    });
    return this.#hello.finally(() => {
      clearTimeout(timer);
    });
  }

  passTo(bridge: TerminalBridge): void {
    this.#bridge = bridge;
    for (const frame of this.#waiting.splice(0)) bridge.fromBrowser(frame);
  }

  #receive(frame: Buffer): void {
    if (this.#bridge !== undefined) this.#bridge.fromBrowser(frame);
    else if (this.#waiting.length < EARLY_FRAMES_MAX) this.#waiting.push(frame);
    else this.#socket.close(CLOSE_CODE.exhausted, "too many frames");
  }
}
