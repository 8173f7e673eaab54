import type { WebSocket } from "ws";
import type { BrowserSide } from "./terminal-bridge";

const PING_MS = 15_000;
/** Two pings without an answer. */
const PINGS_UNANSWERED_MAX = 2;
/** For the browser to answer our close; then the socket is cut. */
const CLOSE_MS = 1_000;

/** A browser on a WebSocket, with its heartbeat. Whoever makes it calls `dispose` at the socket's close. */
export class SocketSide implements BrowserSide {
  readonly #socket: WebSocket;
  readonly #heartbeat: NodeJS.Timeout;
  #unanswered = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("pong", () => (this.#unanswered = 0));
    this.#heartbeat = setInterval(() => {
      this.#beat();
    }, PING_MS);
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: Uint8Array): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(frame);
  }

  close(code: number, reason: string): void {
    this.dispose();
    this.#socket.close(code, reason);
    const timer = setTimeout(() => {
      this.#socket.terminate();
    }, CLOSE_MS);
    this.#socket.once("close", () => {
      clearTimeout(timer);
    });
  }

  dispose(): void {
    clearInterval(this.#heartbeat);
  }

  #beat(): void {
    if (this.#unanswered >= PINGS_UNANSWERED_MAX) {
      this.#socket.terminate();
      return;
    }
    this.#unanswered += 1;
    this.#socket.ping();
  }
}
