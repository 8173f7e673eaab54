import { initTRPC, TRPCError } from "@trpc/server";
import type { TRPC_ERROR_CODE_KEY } from "@trpc/server/rpc";
import superjson from "superjson";
import { ZodError } from "zod";
import type { Actor } from "./actor";
import { AppError, ERROR_TRAITS, isAppError, toAppError, type ErrorKind } from "./errors";
import { asAppError } from "./as-app-error";
import { isDatabaseUnavailable } from "./database/database-errors";
import type { Logger } from "./logger";

/** What every procedure is given. Built once a request by the front door. */
export interface RequestContext {
  /** Null when nobody is signed in. */
  readonly actor: Actor | null;
  /** The client's address as the trusted proxies tell it. */
  readonly address: string;
  readonly requestId: string;
  readonly log: Logger;
  /** Adds a Set-Cookie header to the answer. Has no effect once a streamed answer has begun. */
  setCookie(header: string): void;
}

const TRPC_CODE = {
  invalid: "BAD_REQUEST",
  unauthenticated: "UNAUTHORIZED",
  forbidden: "FORBIDDEN",
  "not-found": "NOT_FOUND",
  conflict: "CONFLICT",
  exhausted: "SERVICE_UNAVAILABLE",
  unavailable: "SERVICE_UNAVAILABLE",
  "timed-out": "GATEWAY_TIMEOUT",
  unexpected: "INTERNAL_SERVER_ERROR",
} as const satisfies Record<ErrorKind, TRPC_ERROR_CODE_KEY>;

const t = initTRPC.context<RequestContext>().create({
  transformer: superjson,
  // Proxies cut silent streams after 15 to 30 s.
  sse: { ping: { enabled: true, intervalMs: 10_000 }, client: { reconnectAfterInactivityMs: 25_000 } },
  errorFormatter({ shape, error }) {
    const appError = appErrorOf(error);
    const traits = ERROR_TRAITS[appError.code];
    return {
      ...shape,
      // The operator's text stays in the log; the reader gets the code's own sentence.
      message: appError.publicMessage,
      data: {
        code: shape.data.code,
        httpStatus: shape.data.httpStatus,
        appCode: appError.code,
        isRetryable: traits.retryable,
        fieldErrors: error.cause instanceof ZodError ? fieldErrorsOf(error.cause) : {},
      },
    };
  },
});

/** Turns whatever a procedure threw into our error; database outages become `database.unavailable`. */
export function appErrorOf(error: TRPCError): AppError {
  if (error.cause instanceof ZodError) {
    const first = error.cause.issues[0]?.message;
    return new AppError(
      "request.invalid",
      error.message,
      first === undefined ? {} : { publicMessage: first },
    );
  }
  if (isAppError(error.cause)) return error.cause;
  if (isDatabaseUnavailable(error.cause)) return asAppError(error.cause);
  if (error.code === "BAD_REQUEST" || error.code === "PARSE_ERROR" || error.code === "NOT_FOUND") {
    return new AppError("request.invalid", error.message, { cause: error });
  }
  if (error.code === "PAYLOAD_TOO_LARGE")
    return new AppError("request.too-large", error.message, { cause: error });
  return toAppError(error.cause ?? error);
}

const withAppErrors = t.middleware(async ({ next }) => {
  const result = await next();
  if (result.ok) return isStream(result.data) ? { ...result, data: translateErrors(result.data) } : result;
  return { ...result, error: translate(result.error) };
});

/** Whatever was thrown, with the transport's code for its kind. */
export function translate(caught: unknown): TRPCError {
  const error =
    caught instanceof TRPCError ? caught : new TRPCError({ code: "INTERNAL_SERVER_ERROR", cause: caught });
  if (error.cause instanceof ZodError) return error;
  const appError = appErrorOf(error);
  const code = TRPC_CODE[ERROR_TRAITS[appError.code].kind];
  return new TRPCError({ code, message: appError.message, cause: appError });
}

/** A subscription fails after its procedure has returned. Untranslated, a refusal would read as a 500, which browsers retry for ever. */
async function* translateErrors(stream: AsyncIterable<unknown>): AsyncGenerator {
  try {
    yield* stream;
  } catch (caught) {
    throw translate(caught);
  }
}

function isStream(output: unknown): output is AsyncIterable<unknown> {
  return typeof output === "object" && output !== null && Symbol.asyncIterator in output;
}

export const router = t.router;
/** Anyone may call it. */
export const publicProcedure = t.procedure.use(withAppErrors);
/** Only for somebody signed in: `ctx.actor` is there. */
export const signedInProcedure = publicProcedure.use(({ ctx, next }) => {
  if (ctx.actor === null) throw new AppError("account.unauthenticated", "no auth session");
  return next({ ctx: { ...ctx, actor: ctx.actor } });
});
/** Only for instructors and admins. */
export const instructorProcedure = signedInProcedure.use(({ ctx, next }) => {
  if (ctx.actor.role === "attendee") throw new AppError("account.forbidden", "needs an instructor");
  return next();
});

/** Only for admins. */
export const adminProcedure = signedInProcedure.use(({ ctx, next }) => {
  if (ctx.actor.role !== "admin") throw new AppError("account.forbidden", "needs an admin");
  return next();
});

function fieldErrorsOf(error: ZodError): Record<string, string> {
  return Object.fromEntries(error.issues.map((issue) => [issue.path.join("."), issue.message]));
}
