import type { ServerResponse } from "node:http";
import type { BrowserSide } from "./terminal-bridge";

/** Proxies cut silent streams after 15 to 30 s. */
const COMMENT_MS = 10_000;
/** Frames kept until the browser has opened its stream: the window of a fresh attachment fits. */
const WAITING_BYTES_MAX = 2 * 1024 * 1024;

/**
 * A browser that reads server-sent events: every frame is one event, in base64. Frames wait until the stream is open.
 */
export class EventStreamSide implements BrowserSide {
  #response: ServerResponse | undefined;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #comments: NodeJS.Timeout | undefined;
  #hasClosed = false;

  get bufferedBytes(): number {
    return this.#response?.writableLength ?? this.#waitingBytes;
  }

  get isOpen(): boolean {
    return this.#response !== undefined;
  }

  /** Starts the stream on `response`, beginning with what waits. */
  open(response: ServerResponse): void {
    this.#response = response;
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    });
    response.flushHeaders();
    for (const event of this.#waiting.splice(0)) response.write(event);
    this.#waitingBytes = 0;
    if (this.#hasClosed) response.end();
    else this.#comments = setInterval(() => response.write(":\n\n"), COMMENT_MS);
  }

  send(frame: Uint8Array): void {
    const base64 = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString("base64");
    this.#write(`data: ${base64}\n\n`);
  }

  close(code: number, reason: string): void {
    if (this.#hasClosed) return;
    this.#write(`event: end\ndata: ${JSON.stringify({ code, reason })}\n\n`);
    this.#hasClosed = true;
    clearInterval(this.#comments);
    this.#response?.end();
  }

  #write(event: string): void {
    if (this.#hasClosed) return;
    if (this.#response !== undefined) this.#response.write(event);
    else if (this.#waitingBytes < WAITING_BYTES_MAX) {
      this.#waiting.push(event);
      this.#waitingBytes += event.length;
    }
  }
}
