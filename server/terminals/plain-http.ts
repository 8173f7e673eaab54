import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { FRAME_BYTES_MAX } from "../protocol/terminal-frames";
import type { Actor } from "../platform/actor";
import { AppError, ERROR_TRAITS } from "../platform/errors";
import { HTTP_STATUS } from "../platform/http-status";
import { admitBrowser, HELLO_BYTES_MAX } from "./admit-browser";
import { asAppError } from "../platform/as-app-error";
import { EventStreamSide } from "./event-stream-side";
import type { TerminalBridge } from "./terminal-bridge";
import type { TerminalGatewayOptions } from "./terminal-gateway";

interface Connection {
  readonly connectionId: string;
  readonly accountId: string;
  readonly side: EventStreamSide;
  readonly bridge: TerminalBridge;
  /** Ends it when nothing has come from the browser for too long. */
  readonly silence: NodeJS.Timeout;
}

export const PLAIN_HTTP_PREFIX = "/api/terminals/";
/**
 * A page pings every 10 s, in a tab behind others every minute. A proxy may keep the stream of one that is gone, and its
 * shell would wait for acknowledgements.
 */
const SILENCE_MS_MAX = 90_000;
/** What one POST may carry: several frames. */
const BODY_BYTES_MAX = 256 * 1024;
const LENGTH_BYTES = 4;
const CONNECTIONS_MAX = 1_000;

/**
 * Terminals without WebSockets: `POST connect` with the first message answers a connection id, `GET stream` sends the
 * frames down as server-sent events, `POST send` takes frames up, each with its u32 length before it.
 */
export class PlainHttp {
  readonly #options: TerminalGatewayOptions;
  readonly #connections = new Map<string, Connection>();

  constructor(options: TerminalGatewayOptions) {
    this.#options = options;
  }

  /** Answers one request; refusals are answered too, and logged once. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response);
    } catch (caught) {
      const error = asAppError(caught);
      this.#options.bridges.refused(error, { stage: "plain-http" });
      const { kind, publicMessage } = ERROR_TRAITS[error.code];
      writeJson(response, HTTP_STATUS[kind], { code: error.code, message: publicMessage });
    }
  }

  close(): void {
    for (const { bridge } of [...this.#connections.values()]) bridge.restart();
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://server");
    const route = `${request.method ?? ""} ${url.pathname.slice(PLAIN_HTTP_PREFIX.length)}`;
    const actor = await this.#authorize(request);
    switch (route) {
      case "POST connect":
        await this.#connect(request, response, actor);
        return;
      case "GET stream":
        this.#stream(this.#find(url, actor), response);
        return;
      case "POST send":
        await this.#send(this.#find(url, actor), request, response);
        return;
      default:
        throw new AppError("terminal.not-found", "no such route");
    }
  }

  /** A browser sends no Origin with a GET to its own site; then the unguessable connection id has to do. */
  async #authorize(request: IncomingMessage): Promise<Actor> {
    const { isAllowedOrigin, readActor } = this.#options;
    const { origin, "sec-fetch-site": site } = request.headers;
    const isOwnRead =
      request.method === "GET" && origin === undefined && (site ?? "same-origin") === "same-origin";
    if (!isOwnRead && !isAllowedOrigin(origin))
      throw new AppError("origin.refused", "a foreign page or none");
    const actor = await readActor(request);
    if (actor === null) throw new AppError("account.unauthenticated", "no auth session");
    return actor;
  }

  async #connect(request: IncomingMessage, response: ServerResponse, actor: Actor): Promise<void> {
    if (this.#connections.size >= CONNECTIONS_MAX) {
      throw new AppError("request.rate-limited", "too many connections by plain HTTP");
    }
    const hello = (await readBody(request, HELLO_BYTES_MAX)).toString();
    const left = new AbortController();
    response.on("close", () => {
      left.abort();
    });
    const admission = await admitBrowser(this.#options, actor, { hello, signal: left.signal });
    const connectionId = randomBytes(16).toString("base64url");
    const side = new EventStreamSide();
    const bridge = this.#options.bridges.open(admission, side, () => {
      // One that has ended before its stream was opened is kept for that: the stream says why.
      if (side.isOpen) this.#forget(connectionId);
    });
    const silence = setTimeout(() => {
      this.#forget(connectionId);
      bridge.browserHasLeft();
    }, this.#options.silenceMsMax ?? SILENCE_MS_MAX);
    this.#connections.set(connectionId, {
      ...{ connectionId, accountId: actor.accountId },
      side,
      bridge,
      silence,
    });
    writeJson(response, 200, { connectionId });
  }

  #stream({ connectionId, side, bridge }: Connection, response: ServerResponse): void {
    if (side.isOpen) throw new AppError("request.invalid", "the stream is open already");
    response.on("close", () => {
      this.#forget(connectionId);
      bridge.browserHasLeft();
    });
    side.open(response);
  }

  #forget(connectionId: string): void {
    clearTimeout(this.#connections.get(connectionId)?.silence);
    this.#connections.delete(connectionId);
  }

  async #send(
    { bridge, silence }: Connection,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const body = await readBody(request, BODY_BYTES_MAX);
    silence.refresh();
    for (const frame of splitFrames(body)) bridge.fromBrowser(frame);
    response.writeHead(204).end();
  }

  #find(url: URL, actor: Actor): Connection {
    const connection = this.#connections.get(url.searchParams.get("connectionId") ?? "");
    if (connection?.accountId !== actor.accountId) {
      throw new AppError("terminal.not-found", "no such connection of this account");
    }
    return connection;
  }
}

function* splitFrames(body: Buffer): Generator<Buffer> {
  let at = 0;
  while (at < body.length) {
    const length = at + LENGTH_BYTES <= body.length ? body.readUInt32BE(at) : FRAME_BYTES_MAX + 1;
    const end = at + LENGTH_BYTES + length;
    if (length > FRAME_BYTES_MAX || end > body.length) {
      throw new AppError("request.invalid", "frames that do not fit the body");
    }
    yield body.subarray(at + LENGTH_BYTES, end);
    at = end;
  }
}

async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bytesMax) throw new AppError("request.too-large", `a body of more than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function writeJson(response: ServerResponse, status: number, value: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify(value);
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" }).end(body);
}
