import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AnyTRPCRouter } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import type { Actor } from "./actor";
import { AppError, ERROR_TRAITS } from "./errors";
import type { EventBus } from "./events";
import type { Logger } from "./logger";
import { isSameOriginWrite, type IsAllowedOrigin } from "./same-origin";
import { appErrorOf, translate, type RequestContext } from "./trpc";

export const RPC_PREFIX = "/api/trpc/";

/** Longest request body; the API takes small inputs only. */
const BODY_BYTES_MAX = 1024 * 1024;
/** Most calls in one request; a body of 1 MiB would hold thousands. The page's client sends as many at most: `app/_lib/api.ts`. */
export const BATCH_CALLS_MAX = 10;
/** Longest part of a refused origin that is logged: the header is its sender's. */
const ORIGIN_CHARS_MAX = 200;

export interface RpcHandlerOptions {
  readonly router: AnyTRPCRouter;
  readonly readActor: (request: IncomingMessage) => Promise<Actor | null>;
  /** A Set-Cookie header that extends the auth session, when that is due. */
  readonly renewAuthSession: (request: IncomingMessage) => Promise<string | undefined>;
  readonly addressOf: (request: IncomingMessage) => string;
  readonly isAllowedOrigin: IsAllowedOrigin;
  /** The platform's own address, told to a page that was opened under another. */
  readonly publicUrl?: string;
  /** Tells of accounts that have signed out everywhere: their open subscriptions end at once. */
  readonly events: Pick<EventBus, "subscribe">;
  readonly log: Logger;
}

/**
 * tRPC on our own server, not in a Next route handler: it shares this process's module instances. Whatever is refused or fails
 * is answered in tRPC's shape, so that the page finds the code and its sentence.
 */
export function createRpcHandler(
  options: RpcHandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const streams = new OpenStreams();
  options.events.subscribe((event) => {
    if (event.kind === "account.signed-out") streams.end(event.accountId);
  });
  const handle = createHTTPHandler({
    router: options.router,
    basePath: RPC_PREFIX,
    maxBodySize: BODY_BYTES_MAX,
    allowBatching: true,
    maxBatchSize: BATCH_CALLS_MAX,
    createContext: async ({ req, res }) => {
      try {
        assertOwnWrite(options, req);
        const context = await createContext(options, req, res);
        if (context.actor !== null && isSubscription(req)) streams.add(context.actor.accountId, res);
        return context;
      } catch (caught) {
        // No procedure has run yet, so nothing has translated this: tRPC would answer 500 to all of it.
        throw translate(caught);
      }
    },
    onError: ({ error, path, ctx }) => {
      const appError = appErrorOf(error);
      const log = (ctx as { log?: Logger } | undefined)?.log ?? options.log;
      const { logLevel } = ERROR_TRAITS[appError.code];
      log[logLevel]("request.failed", {
        procedure: path,
        code: appError.code,
        details: appError.details,
        ...(logLevel === "info" ? {} : { error: appError }),
      });
    },
  });
  return (request, response) => {
    response.setHeader("cache-control", "no-store");
    handle(request, response);
  };
}

function isSubscription({ headers }: IncomingMessage): boolean {
  return headers.accept?.includes("text/event-stream") === true;
}

/** The answers that go on, by account. */
class OpenStreams {
  readonly #responses = new Map<string, Set<ServerResponse>>();

  add(accountId: string, response: ServerResponse): void {
    const responses = this.#responses.get(accountId) ?? new Set();
    this.#responses.set(accountId, responses.add(response));
    response.once("close", () => {
      responses.delete(response);
      if (responses.size === 0 && this.#responses.get(accountId) === responses)
        this.#responses.delete(accountId);
    });
  }

  /** Cuts them: a page that comes back with what it has is refused. */
  end(accountId: string): void {
    for (const response of this.#responses.get(accountId) ?? []) response.destroy();
  }
}

function assertOwnWrite({ isAllowedOrigin, publicUrl }: RpcHandlerOptions, request: IncomingMessage): void {
  if (request.method !== "POST" || isSameOriginWrite(request, isAllowedOrigin)) return;
  throw new AppError("origin.refused", "a write from a foreign page", {
    details: { origin: (request.headers.origin ?? "none").slice(0, ORIGIN_CHARS_MAX) },
    ...(publicUrl === undefined
      ? {}
      : {
          publicMessage: `This page was opened under another address than the platform's own. Open it at ${publicUrl}.`,
        }),
  });
}

async function createContext(
  options: RpcHandlerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<RequestContext> {
  const requestId = randomUUID();
  const actor = await options.readActor(request);
  const renewal = actor === null ? undefined : await options.renewAuthSession(request);
  const setCookie = (header: string): void => {
    if (!response.headersSent) response.appendHeader("set-cookie", header);
  };
  if (renewal !== undefined) setCookie(renewal);
  return {
    actor,
    address: options.addressOf(request),
    requestId,
    log: options.log.child({ requestId, ...(actor ? { actorId: actor.accountId } : {}) }),
    setCookie,
  };
}

/**
 * The client's address: the socket's, or what the `trustedProxyCount` nearest proxies wrote into X-Forwarded-For. Entries
 * further left are the client's own claims and are not believed.
 */
export function createAddressOf(trustedProxyCount: number): (request: IncomingMessage) => string {
  return (request) => {
    const direct = request.socket.remoteAddress ?? "unknown";
    if (trustedProxyCount === 0) return direct;
    const claimed = [request.headers["x-forwarded-for"] ?? ""].flat().join(",").split(",");
    const forwarded = claimed.map((entry) => entry.trim()).filter((entry) => entry !== "");
    return forwarded.at(-trustedProxyCount) ?? direct;
  };
}
