import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { randomBytes, randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import { HTTP_STATUS } from "./http-status";
import { asAppError } from "./as-app-error";
import { ERROR_TRAITS } from "./errors";
import type { Logger } from "./logger";
import { contentSecurityPolicy, SECURITY_HEADERS } from "./security-headers";

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface FrontDoorOptions {
  /** Answers every path that begins with the key; the longest key wins. */
  readonly routes: Readonly<
    Record<string, (request: IncomingMessage, response: ServerResponse) => void | Promise<void>>
  >;
  readonly pages: RequestListener;
  readonly terminal: UpgradeHandler;
  /**
   * The `httpServer` given to `next()`. It never listens. Next adds its upgrade listener to it instead of
   * to the public server, where it would end sockets whose path also matches a page.
   */
  readonly nextServer: Server;
  /** Development pages need `unsafe-eval` and their own socket. */
  readonly isDevelopment: boolean;
  readonly log: Logger;
}

export const TERMINAL_PATH = "/ws/terminal";

/** Slowest that a client may send its headers or its whole request: slow senders must not hold sockets. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;

/** The public HTTP server, and the only listener of `upgrade` events. Unknown upgrade paths get 404. */
export function createFrontDoor(options: FrontDoorOptions): Server {
  const prefixes = Object.keys(options.routes).sort((a, b) => b.length - a.length);
  const server = createServer((request, response) => {
    const prefix = prefixes.find((candidate) => pathOf(request).startsWith(candidate));
    const route = prefix === undefined ? undefined : options.routes[prefix];
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    if (route === undefined) servePage(options, request, response);
    else void serveRoute(options, () => route(request, response), response);
  });
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const path = pathOf(request);
    if (path === TERMINAL_PATH) options.terminal(request, socket, head);
    else if (path.startsWith("/_next/")) options.nextServer.emit("upgrade", request, socket, head);
    else socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
  return server;
}

function servePage(options: FrontDoorOptions, request: IncomingMessage, response: ServerResponse): void {
  const nonce = randomBytes(16).toString("base64");
  const policy = contentSecurityPolicy({ nonce, isDevelopment: options.isDevelopment });
  // Next reads the nonce for its own scripts from the request's policy; our layout reads x-nonce.
  request.headers["content-security-policy"] = policy;
  request.headers["x-nonce"] = nonce;
  response.setHeader("content-security-policy", policy);
  options.pages(request, response);
}

async function serveRoute(
  { log }: FrontDoorOptions,
  answer: () => void | Promise<void>,
  response: ServerResponse,
): Promise<void> {
  try {
    await answer();
  } catch (caught) {
    const error = asAppError(caught);
    log.error("request.failed", { requestId: randomUUID(), code: error.code, error });
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.writeHead(HTTP_STATUS[ERROR_TRAITS[error.code].kind], { "content-type": "application/json" });
    response.end(JSON.stringify({ code: error.code, message: error.publicMessage }));
  }
}

/** The path without its query. */
export function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0] ?? "/";
}
