import { parseCookie } from "cookie";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { isDatabaseUnavailable } from "../platform/database/database-errors";
import { AppError, ERROR_TRAITS, toAppError } from "../platform/errors";
import { HTTP_STATUS } from "../platform/http-status";
import type { Logger } from "../platform/logger";
import { ADDRESS_HEADER } from "./auth-options";
import { runNextAuth, type AuthOptions, type NextAuthRequest, type NextAuthResponse } from "./next-auth";

/** Most that a sign-in form or an identity provider's answer may weigh. */
const BODY_BYTES_MAX = 64 * 1_024;
const BODY_TIMEOUT_MS = 10_000;
/** What next-auth may be asked. Its `_log` would let anybody write to our log. */
const ACTIONS = new Set(["providers", "session", "csrf", "signin", "signout", "callback", "error"]);

export interface NextAuthHandlerDeps {
  readonly options: AuthOptions;
  /** Where browsers reach us. */
  readonly publicUrl: string;
  /** The client's address as the trusted proxies tell it. */
  readonly addressOf: (request: IncomingMessage) => string;
  readonly log: Logger;
}

/**
 * Answers every request under `/api/auth/` by next-auth: providers, csrf, signin, callback, session, signout.
 *
 * Always ends the response. Bodies above 64 KiB are refused; failures are answered as JSON `{error: <code>}`.
 */
export function createNextAuthHandler(deps: NextAuthHandlerDeps): RequestListener {
  trustForwardedHost();
  return (request, response) => {
    serve(deps, request, response).catch((caught: unknown) => {
      const error = isDatabaseUnavailable(caught)
        ? new AppError("database.unavailable", "next-auth", { cause: caught })
        : toAppError(caught);
      const traits = ERROR_TRAITS[error.code];
      deps.log[traits.logLevel]("auth-request.failed", { code: error.code, error });
      if (response.headersSent) response.destroy();
      else
        answerJson(response, HTTP_STATUS[traits.kind], { error: error.code, message: error.publicMessage });
    });
  };
}

async function serve(
  { options, publicUrl, addressOf }: NextAuthHandlerDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader("Cache-Control", "private, no-store");
  const method = request.method ?? "GET";
  const url = new URL(request.url ?? "/", publicUrl);
  const [action = "", ...rest] = url.pathname.split("/").slice(3);
  if ((method !== "GET" && method !== "POST") || !ACTIONS.has(action)) {
    answerJson(response, 404, { error: "request.invalid" });
    return;
  }
  const body = method === "POST" ? await readBody(request) : undefined;
  const publicHost = new URL(publicUrl);
  const translated: NextAuthRequest = {
    method,
    headers: {
      ...plainHeaders(request),
      host: publicHost.host,
      "x-forwarded-host": publicHost.host,
      "x-forwarded-proto": publicHost.protocol.replace(":", ""),
      [ADDRESS_HEADER]: addressOf(request),
    },
    cookies: plainCookies(request.headers.cookie),
    query: { ...Object.fromEntries(url.searchParams), nextauth: [action, ...rest] },
    body,
  };
  await runNextAuth(translated, wrapResponse(response), options);
  if (!response.writableEnded) response.end();
}

/** next-auth takes its own address from the environment or, told so, from the headers that `serve` sets from `publicUrl`. */
function trustForwardedHost(): void {
  // eslint-disable-next-line no-restricted-syntax -- next-auth 4 has no option for it
  process.env["AUTH_TRUST_HOST"] = "true";
  // eslint-disable-next-line no-restricted-syntax -- it would win over publicUrl
  delete process.env["NEXTAUTH_URL"];
}

async function readBody(request: IncomingMessage): Promise<Record<string, string>> {
  const timer = setTimeout(() => request.destroy(new Error("sign-in body timed out")), BODY_TIMEOUT_MS);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > BODY_BYTES_MAX)
        throw new AppError("request.too-large", `a body above ${BODY_BYTES_MAX} bytes`);
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(timer);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  const isJson = request.headers["content-type"]?.startsWith("application/json") === true;
  return isJson ? parseJsonBody(text) : Object.fromEntries(new URLSearchParams(text));
}

function parseJsonBody(text: string): Record<string, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new AppError("request.invalid", "the body is not JSON", { cause });
  }
  const entries = Object.entries((parsed ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

function plainHeaders(request: IncomingMessage): Record<string, string> {
  const entries = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  return Object.fromEntries(entries) as Record<string, string>;
}

function plainCookies(header: string | undefined): Record<string, string> {
  const entries = Object.entries(parseCookie(header ?? "")).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

function wrapResponse(response: ServerResponse): NextAuthResponse {
  const wrapped: NextAuthResponse = {
    status: (code) => {
      response.statusCode = code;
      return wrapped;
    },
    getHeader: (name) => response.getHeader(name),
    setHeader: (name, value) => {
      response.setHeader(name, value);
      return wrapped;
    },
    json: (body) => {
      answerJson(response, response.statusCode, body);
    },
    send: (body) => {
      if (typeof body === "string" || body === undefined || body === null) response.end(body ?? "");
      else answerJson(response, response.statusCode, body);
    },
    end: () => {
      response.end();
    },
  };
  return wrapped;
}

function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.end(JSON.stringify(body));
}
