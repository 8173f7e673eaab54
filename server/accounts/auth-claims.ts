import type { AccountRole } from "./account";

/** What the auth session's token says. The role in it decides how long it lasts, never what its holder may do. */
export interface AuthClaims {
  readonly accountId: string;
  /** When the person signed in. Renewing keeps it, so that ending all auth sessions ends renewed ones too. */
  readonly signedInAtMs: number;
  readonly expiresAtMs: number;
  /** Sliding sessions are extended while they are used. */
  readonly isSliding: boolean;
}

const HOUR_MS = 3_600_000;
/** An instructor's laptop that was left alone overnight asks for the password in the morning. */
const SLIDING_MS = 12 * HOUR_MS;
/** However busy: a password once a week. */
const SLIDING_MS_MAX = 7 * 24 * HOUR_MS;
/** An attendee comes back for homework without typing anything, for this long at most. */
const FIXED_MS_MAX = 30 * 24 * HOUR_MS;
/** Whoever just proved who they are stays signed in for the day, even on the last day of the homework. */
const FIXED_MS_MIN = 24 * HOUR_MS;

/**
 * The claims of a new auth session. With `until` (epoch ms, the end of an attendee's homework window) it ends then,
 * within 1 to 30 days, and does not slide; instructors and people without a homework window get 12 sliding hours.
 */
export function beginClaims(from: {
  readonly accountId: string;
  readonly role: AccountRole;
  readonly nowMs: number;
  readonly untilMs?: number | undefined;
}): AuthClaims {
  const { accountId, role, nowMs, untilMs } = from;
  if (role !== "attendee" || untilMs === undefined) {
    return { accountId, signedInAtMs: nowMs, expiresAtMs: nowMs + SLIDING_MS, isSliding: true };
  }
  const lastsMs = Math.min(Math.max(untilMs - nowMs, FIXED_MS_MIN), FIXED_MS_MAX);
  return { accountId, signedInAtMs: nowMs, expiresAtMs: nowMs + lastsMs, isSliding: false };
}

/** The same auth session, extended if it slides; never beyond a week after signing in. */
export function renewClaims(claims: AuthClaims, nowMs: number): AuthClaims {
  if (!claims.isSliding) return claims;
  const expiresAtMs = Math.min(nowMs + SLIDING_MS, claims.signedInAtMs + SLIDING_MS_MAX);
  return { ...claims, expiresAtMs };
}

/** True once a sliding session has used up a twelfth of its time: renewing more often would set a cookie on each answer. */
export function isRenewalDue(claims: AuthClaims, nowMs: number): boolean {
  return renewClaims(claims, nowMs).expiresAtMs - claims.expiresAtMs >= SLIDING_MS / 12;
}

/** The claims in a decoded token, or undefined when it is not one of ours or its time is over. */
export function readClaims(token: unknown, nowMs: number): AuthClaims | undefined {
  const { sub, signedInAtMs, expiresAtMs, isSliding } = (token ?? {}) as Record<string, unknown>;
  if (typeof sub !== "string" || typeof signedInAtMs !== "number" || typeof expiresAtMs !== "number") {
    return undefined;
  }
  if (expiresAtMs <= nowMs) return undefined;
  return { accountId: sub, signedInAtMs, expiresAtMs, isSliding: isSliding === true };
}

/** What of the claims goes into the token. */
export function tokenOf(claims: AuthClaims): Record<string, unknown> {
  const { accountId, signedInAtMs, expiresAtMs, isSliding } = claims;
  return { sub: accountId, signedInAtMs, expiresAtMs, isSliding };
}
