import { parseCookie, stringifySetCookie } from "cookie";
import type { IncomingMessage } from "node:http";
import type { Actor } from "../platform/actor";
import type { Clock } from "../platform/clock";
import type { AccountRole, AccountStanding } from "./account";
import { AccountStandings } from "./account-standings";
import { beginClaims, isRenewalDue, readClaims, renewClaims, tokenOf, type AuthClaims } from "./auth-claims";
import { decodeToken, encodeToken } from "./next-auth";

/** The part of an HTTP request that says who is asking; a WebSocket's upgrade request has it too. */
export type CookieCarrier = Pick<IncomingMessage, "headers">;

/** Signs `account` in by a cookie handed to `setCookie`; any older auth session of the browser is replaced. */
export type IssueAuthSession = (
  setCookie: (header: string) => void,
  account: { readonly accountId: string; readonly role: AccountRole },
  /** End of the attendee's homework window; see `beginClaims`. */
  until?: Date,
) => Promise<void>;

/** Auth sessions: next-auth's encrypted token in one cookie. */
export interface AuthSessions {
  /**
   * Who is asking; null for no cookie, a forged or ended one, a disabled or deleted account.
   * Throws when the database does not answer and nothing younger than 60 s is remembered about the account.
   */
  readonly readActor: (request: CookieCarrier) => Promise<Actor | null>;
  readonly issueAuthSession: IssueAuthSession;
  /** The Set-Cookie header that extends a sliding auth session, or undefined while that is not due. Asks no database. */
  readonly renewAuthSession: (request: CookieCarrier) => Promise<string | undefined>;
  /** Lets this replica see a changed account at once instead of within 5 s. */
  readonly forgetAccount: (accountId: string) => void;
  /** For next-auth, so that its routes write and read the very same token and cookie. */
  readonly cookie: AuthCookie;
  readonly encodeClaims: (claims: AuthClaims) => Promise<string>;
  readonly decodeClaims: (token: string | undefined) => Promise<AuthClaims | undefined>;
}

export interface AuthCookie {
  readonly name: string;
  readonly options: {
    readonly httpOnly: true;
    readonly sameSite: "lax";
    readonly path: "/";
    readonly secure: boolean;
  };
}

export interface AuthSessionsDeps {
  /** At least 32 characters. Changing it signs everybody out. */
  readonly secret: string;
  /** Where browsers reach us: on https the cookie is Secure and bound to the host by its prefix. */
  readonly publicUrl: string;
  readonly clock: Clock;
  readonly readStanding: (accountId: string) => Promise<AccountStanding | undefined>;
}

export function createAuthSessions({
  secret,
  publicUrl,
  clock,
  readStanding,
}: AuthSessionsDeps): AuthSessions {
  const standings = new AccountStandings({ read: readStanding, clock });
  const cookie = cookieOf(publicUrl);

  const encodeClaims = (claims: AuthClaims): Promise<string> => {
    const maxAge = Math.max(1, Math.ceil((claims.expiresAtMs - clock.nowMs()) / 1_000));
    return encodeToken({ token: tokenOf(claims), secret, maxAge });
  };
  const decodeClaims = async (token: string | undefined): Promise<AuthClaims | undefined> => {
    if (token === undefined || token === "") return undefined;
    // A token of another installation, a truncated or an old one: all of them are simply nobody.
    const decoded = await decodeToken({ token, secret }).catch(() => null);
    return readClaims(decoded, clock.nowMs());
  };
  const claimsIn = (request: CookieCarrier): Promise<AuthClaims | undefined> =>
    decodeClaims(parseCookie(request.headers.cookie ?? "")[cookie.name]);
  const headerFor = async (claims: AuthClaims): Promise<string> =>
    stringifySetCookie({
      name: cookie.name,
      value: await encodeClaims(claims),
      ...cookie.options,
      expires: new Date(claims.expiresAtMs),
    });

  return {
    cookie,
    encodeClaims,
    decodeClaims,
    readActor: async (request) => {
      const claims = await claimsIn(request);
      if (claims === undefined) return null;
      const standing = await standings.of(claims.accountId);
      if (standing === undefined || standing.isDisabled) return null;
      if (claims.signedInAtMs < standing.sessionsValidFromMs) return null;
      return { accountId: claims.accountId, role: standing.role };
    },
    issueAuthSession: async (setCookie, { accountId, role }, until) => {
      const untilMs = until?.getTime();
      setCookie(await headerFor(beginClaims({ accountId, role, nowMs: clock.nowMs(), untilMs })));
    },
    renewAuthSession: async (request) => {
      const claims = await claimsIn(request);
      if (claims === undefined || !isRenewalDue(claims, clock.nowMs())) return undefined;
      return headerFor(renewClaims(claims, clock.nowMs()));
    },
    forgetAccount: (accountId) => {
      standings.forget(accountId);
    },
  };
}

function cookieOf(publicUrl: string): AuthCookie {
  const secure = publicUrl.startsWith("https:");
  // With __Host- no other host of the domain, a preview of an attendee's port say, can plant a session here.
  const name = secure ? "__Host-slipway.auth-session" : "slipway.auth-session";
  return { name, options: { httpOnly: true, sameSite: "lax", path: "/", secure } };
}
