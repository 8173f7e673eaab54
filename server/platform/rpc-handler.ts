import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AnyTRPCRouter } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import type { Actor } from "./actor";
import { ERROR_TRAITS } from "./errors";
import type { Logger } from "./logger";
import { isSameOriginWrite, type IsAllowedOrigin } from "./same-origin";
import { appErrorOf } from "./trpc";

export const RPC_PREFIX = "/api/trpc/";

/** Longest request body; the API takes small inputs only. */
const BODY_BYTES_MAX = 1024 * 1024;

export interface RpcHandlerOptions {
  readonly router: AnyTRPCRouter;
  readonly readActor: (request: IncomingMessage) => Promise<Actor | null>;
  /** A Set-Cookie header that extends the auth session, when that is due. */
  readonly renewAuthSession: (request: IncomingMessage) => Promise<string | undefined>;
  readonly addressOf: (request: IncomingMessage) => string;
  readonly isAllowedOrigin: IsAllowedOrigin;
  readonly log: Logger;
}

/** tRPC on our own server, not in a Next route handler: it shares this process's module instances. */
export function createRpcHandler(
  options: RpcHandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const handle = createHTTPHandler({
    router: options.router,
    basePath: RPC_PREFIX,
    maxBodySize: BODY_BYTES_MAX,
    allowBatching: true,
    createContext: async ({ req, res }) => {
      const requestId = randomUUID();
      const actor = await options.readActor(req);
      const renewal = actor === null ? undefined : await options.renewAuthSession(req);
      if (renewal !== undefined && !res.headersSent) res.appendHeader("set-cookie", renewal);
      return {
        actor,
        address: options.addressOf(req),
        requestId,
        log: options.log.child({ requestId, ...(actor ? { actorId: actor.accountId } : {}) }),
        setCookie: (header: string) => {
          if (!res.headersSent) res.appendHeader("set-cookie", header);
        },
      };
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
    if (request.method === "POST" && !isSameOriginWrite(request, options.isAllowedOrigin)) {
      response.writeHead(403, { "content-type": "application/json" });
      response.end(
        JSON.stringify({ code: "origin.refused", message: ERROR_TRAITS["origin.refused"].publicMessage }),
      );
      return;
    }
    handle(request, response);
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
