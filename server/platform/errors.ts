/** What kind of trouble a code is. Transports translate kinds; core knows no HTTP status and no close code. */
export type ErrorKind =
  | "invalid"
  | "unauthenticated"
  | "forbidden"
  | "not-found"
  | "conflict"
  | "exhausted"
  | "unavailable"
  | "timed-out"
  | "unexpected";

/** How one error code behaves at every boundary. */
export interface ErrorTraits {
  readonly kind: ErrorKind;
  /** True when the same call may succeed later without the caller changing anything. */
  readonly retryable: boolean;
  /** Level the boundary logs at. "info" is for outcomes that people cause on purpose. */
  readonly logLevel: "info" | "warn" | "error";
  /** Sentence shown to attendees when the throw site gives none. Never contains ids or hostnames. */
  readonly publicMessage: string;
}

/** Every failure that the system can name. A code is API: deprecate it, never rename it. */
export const ERROR_TRAITS = {
  "request.invalid": {
    kind: "invalid",
    retryable: false,
    logLevel: "info",
    publicMessage: "That request could not be understood.",
  },
  "request.too-large": {
    kind: "invalid",
    retryable: false,
    logLevel: "info",
    publicMessage: "That is larger than we accept.",
  },
  "request.rate-limited": {
    kind: "exhausted",
    retryable: true,
    logLevel: "info",
    publicMessage: "Too many tries. Wait a little and try again.",
  },
  "account.unauthenticated": {
    kind: "unauthenticated",
    retryable: false,
    logLevel: "info",
    publicMessage: "Please sign in first.",
  },
  "account.forbidden": {
    kind: "forbidden",
    retryable: false,
    logLevel: "info",
    publicMessage: "You may not do that.",
  },
  "account.not-found": {
    kind: "not-found",
    retryable: false,
    logLevel: "info",
    publicMessage: "There is no such account among those who teach.",
  },
  "account.wrong-credentials": {
    kind: "unauthenticated",
    retryable: false,
    logLevel: "info",
    publicMessage: "That e-mail and password do not belong together.",
  },
  "setup-link.invalid": {
    kind: "not-found",
    retryable: false,
    logLevel: "info",
    publicMessage:
      "This link was used already or has expired. Ask for a new one where you got it; the first instructor's is printed when the server starts.",
  },
  "join-code.invalid": {
    kind: "not-found",
    retryable: false,
    logLevel: "info",
    publicMessage: "No workshop has this code. Check it against the slide: it has no 0, O, 1 or I.",
  },
  "join-code.expired": {
    kind: "not-found",
    retryable: false,
    logLevel: "info",
    publicMessage: "This code is no longer valid. Ask your instructor for the current one.",
  },
  "rejoin-code.invalid": {
    kind: "not-found",
    retryable: false,
    logLevel: "info",
    publicMessage: "No one has this rejoin code. Check it, or join again with the workshop's code.",
  },
  "cohort.not-found": {
    kind: "not-found",
    retryable: false,
    logLevel: "info",
    publicMessage: "We could not find that workshop.",
  },
  "cohort.full": {
    kind: "exhausted",
    retryable: false,
    logLevel: "info",
    publicMessage: "This workshop is full. Ask your instructor to raise its limit.",
  },
  "enrollment.not-found": {
    kind: "not-found",
    retryable: false,
    logLevel: "info",
    publicMessage: "We could not find that workshop.",
  },
  "lab.not-found": {
    kind: "not-found",
    retryable: false,
    logLevel: "info",
    publicMessage: "We could not find that lab.",
  },
  "step.not-found": {
    kind: "not-found",
    retryable: false,
    logLevel: "info",
    publicMessage: "This lab has no such step.",
  },
  "sandbox.not-found": {
    kind: "not-found",
    retryable: false,
    logLevel: "info",
    publicMessage: "This sandbox no longer exists.",
  },
  "sandbox.not-ready": {
    kind: "unavailable",
    retryable: true,
    logLevel: "info",
    publicMessage: "Your sandbox is not ready yet.",
  },
  "sandbox.unreachable": {
    kind: "unavailable",
    retryable: true,
    logLevel: "warn",
    publicMessage: "Your sandbox cannot be reached right now. Your work in it is safe; we keep trying.",
  },
  "sandbox.capacity-exhausted": {
    kind: "exhausted",
    retryable: true,
    logLevel: "warn",
    publicMessage: "All sandboxes are busy. You keep your place and we start yours as soon as one is free.",
  },
  "sandbox.disk-exhausted": {
    kind: "exhausted",
    retryable: true,
    logLevel: "error",
    publicMessage:
      "The sandbox host is short of disk space. Tell your instructor; running sandboxes are not affected.",
  },
  "sandbox.start-timed-out": {
    kind: "timed-out",
    retryable: true,
    logLevel: "error",
    publicMessage: "Your sandbox took too long to start.",
  },
  "sandbox.start-failed": {
    kind: "unavailable",
    retryable: true,
    logLevel: "error",
    publicMessage: "Your sandbox did not start. We try again.",
  },
  "sandbox.profile-unavailable": {
    kind: "unavailable",
    retryable: true,
    logLevel: "warn",
    publicMessage:
      "Kubernetes sandboxes are not ready on this platform yet. What needs Docker only works meanwhile.",
  },
  "driver.unreachable": {
    kind: "unavailable",
    retryable: true,
    logLevel: "error",
    publicMessage: "The sandbox host is not answering.",
  },
  "driver.unsupported": {
    kind: "invalid",
    retryable: false,
    logLevel: "error",
    publicMessage: "This kind of sandbox host cannot do that.",
  },
  "agent.unreachable": {
    kind: "unavailable",
    retryable: true,
    logLevel: "warn",
    publicMessage: "Your sandbox is not answering right now.",
  },
  "agent.misbehaved": {
    kind: "unavailable",
    retryable: true,
    logLevel: "warn",
    publicMessage: "Your sandbox sent something that we do not understand.",
  },
  "terminal.not-found": {
    kind: "not-found",
    retryable: false,
    logLevel: "info",
    publicMessage: "This terminal no longer exists.",
  },
  "terminal.too-many": {
    kind: "exhausted",
    retryable: false,
    logLevel: "info",
    publicMessage: "You have as many terminals as a sandbox may have. Close one first.",
  },
  "ticket.invalid": {
    kind: "unauthenticated",
    retryable: false,
    logLevel: "info",
    publicMessage: "This terminal link was used already or has expired.",
  },
  "origin.refused": {
    kind: "forbidden",
    retryable: false,
    logLevel: "warn",
    publicMessage:
      "This page was opened under another address than the platform's own. Open it at the platform's PUBLIC_URL.",
  },
  "file.not-found": {
    kind: "not-found",
    retryable: false,
    logLevel: "info",
    publicMessage: "There is no such file in the sandbox.",
  },
  "database.unavailable": {
    kind: "unavailable",
    retryable: true,
    logLevel: "error",
    publicMessage:
      "We cannot reach our database right now. Your terminal keeps working; try again in a moment.",
  },
  "wait.timed-out": {
    kind: "timed-out",
    retryable: true,
    logLevel: "warn",
    publicMessage: "That took too long.",
  },
  "wait.aborted": {
    kind: "unavailable",
    retryable: true,
    logLevel: "info",
    publicMessage: "That was interrupted.",
  },
  "internal.unexpected": {
    kind: "unexpected",
    retryable: false,
    logLevel: "error",
    publicMessage: "Something broke on our side.",
  },
} as const satisfies Record<string, ErrorTraits>;

export type ErrorCode = keyof typeof ERROR_TRAITS;

export interface AppErrorOptions {
  /** Attendee-safe sentence; defaults to the code's own. */
  readonly publicMessage?: string;
  /** Ids and numbers for the log line. Never secrets, never terminal output. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
  readonly cause?: unknown;
}

/** The only error class thrown on purpose. `message` is for operators; `publicMessage` is for attendees. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly publicMessage: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.publicMessage = options.publicMessage ?? ERROR_TRAITS[code].publicMessage;
    this.details = options.details ?? {};
  }
}

/** Turns anything caught into an AppError; unknown values become `internal.unexpected` with the original as `cause`. */
export function toAppError(caught: unknown): AppError {
  if (isAppError(caught)) return caught;
  return new AppError("internal.unexpected", describe(caught), { cause: caught });
}

/** True across bundle copies: compares the brand, not the constructor. */
export function isAppError(value: unknown): value is AppError {
  return (
    value instanceof Error &&
    value.name === "AppError" &&
    "code" in value &&
    String(value.code) in ERROR_TRAITS
  );
}

function describe(value: unknown): string {
  return value instanceof Error ? value.message : String(value);
}
