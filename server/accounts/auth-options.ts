import type { Logger } from "../platform/logger";
import { isDatabaseUnavailable } from "../platform/database/database-errors";
import { isAppError } from "../platform/errors";
import type { AccountRole, AccountSummary } from "./account";
import { beginClaims, readClaims, renewClaims, tokenOf } from "./auth-claims";
import type { AuthSessions } from "./auth-sessions";
import { credentialsProvider, decodeToken, encodeToken, type AuthOptions } from "./next-auth";
import type { OidcProfile } from "./sign-in-with-oidc";

/** The header by which the handler tells next-auth's callbacks the client's address; what a client sends in it is dropped. */
export const ADDRESS_HEADER = "x-slipway-address";

export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface AuthOptionsDeps {
  readonly secret: string;
  readonly sessions: AuthSessions;
  readonly signInWithPassword: (
    typed: { readonly email: unknown; readonly password: unknown },
    address: string,
  ) => Promise<AccountSummary | undefined>;
  readonly signInWithOidc: (profile: OidcProfile, issuer: string) => Promise<AccountSummary>;
  readonly oidc: OidcSettings | undefined;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** Longest cookie that next-auth may set; the token inside ends when its claims say. */
const COOKIE_SECONDS_MAX = 30 * 24 * 3_600;

/** next-auth's configuration: its routes write the token that `AuthSessions` reads, and nothing that it does not. */
export function createAuthOptions(deps: AuthOptionsDeps): AuthOptions {
  const { secret, sessions, nowMs } = deps;
  return {
    secret,
    pages: { signIn: "/sign-in", signOut: "/", error: "/sign-in" },
    session: { strategy: "jwt", maxAge: COOKIE_SECONDS_MAX },
    useSecureCookies: sessions.cookie.options.secure,
    cookies: { sessionToken: sessions.cookie },
    logger: loggerFor(deps.log),
    providers: [passwordProvider(deps), ...(deps.oidc === undefined ? [] : [oidcProvider(deps, deps.oidc)])],
    jwt: {
      // next-auth keeps its PKCE and state cookies with the same functions, under a salt.
      encode: async ({ token, salt, maxAge }) => {
        if (salt !== undefined && salt !== "") {
          return encodeToken({
            secret,
            salt,
            ...(token && { token }),
            ...(maxAge !== undefined && { maxAge }),
          });
        }
        const claims = readClaims(token, nowMs());
        if (claims === undefined) throw new Error("no claims to encode");
        return sessions.encodeClaims(claims);
      },
      decode: async ({ token, salt }) => {
        if (salt !== undefined && salt !== "") return decodeToken({ secret, salt, ...(token && { token }) });
        const claims = await sessions.decodeClaims(token);
        return claims === undefined ? null : tokenOf(claims);
      },
    },
    callbacks: {
      jwt: ({ token, user: signedIn }) => {
        // next-auth's types say it is always there; it is on signing in alone.
        const user = signedIn as { id: string; role: AccountRole } | undefined;
        if (user !== undefined)
          return tokenOf(beginClaims({ accountId: user.id, role: user.role, nowMs: nowMs() }));
        const claims = readClaims(token, nowMs());
        return claims === undefined ? {} : tokenOf(renewClaims(claims, nowMs()));
      },
      session: ({ session }) => ({ expires: session.expires }),
      redirect: ({ url, baseUrl }) => (isWithin(url, baseUrl) ? new URL(url, baseUrl).href : baseUrl),
    },
  };
}

function passwordProvider({ signInWithPassword }: AuthOptionsDeps): AuthOptions["providers"][number] {
  return credentialsProvider({
    name: "E-mail and password",
    credentials: { email: { type: "email" }, password: { type: "password" } },
    authorize: async (
      typed: Record<string, unknown> | undefined,
      request: { headers?: Record<string, string> },
    ) => {
      try {
        const address = request.headers?.[ADDRESS_HEADER] ?? "";
        const account = await signInWithPassword(
          { email: typed?.["email"], password: typed?.["password"] },
          address,
        );
        return account === undefined ? null : { id: account.accountId, role: account.role };
      } catch (caught) {
        throw new Error(reasonOf(caught), { cause: caught });
      }
    },
  });
}

/** What the sign-in page gets as `error`: a code of ours, with the seconds to wait behind a rate limit. */
function reasonOf(caught: unknown): string {
  if (isDatabaseUnavailable(caught)) return "database.unavailable";
  if (!isAppError(caught)) return "internal.unexpected";
  const seconds = caught.details["seconds"];
  return seconds === undefined ? caught.code : `${caught.code}:${seconds}`;
}

function oidcProvider(
  { signInWithOidc }: AuthOptionsDeps,
  { issuer, clientId, clientSecret }: OidcSettings,
): AuthOptions["providers"][number] {
  return {
    id: "oidc",
    name: "Single sign-on",
    type: "oauth",
    wellKnown: `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
    authorization: { params: { scope: "openid profile" } },
    idToken: true,
    checks: ["pkce", "state", "nonce"],
    clientId,
    clientSecret,
    profile: async (profile: OidcProfile) => {
      const { accountId, role } = await signInWithOidc(profile, issuer);
      return { id: accountId, role };
    },
  };
}

function isWithin(url: string, baseUrl: string): boolean {
  return URL.canParse(url, baseUrl) && new URL(url, baseUrl).origin === new URL(baseUrl).origin;
}

function loggerFor(log: Logger): NonNullable<AuthOptions["logger"]> {
  return {
    // Its second argument may hold tokens and profiles: only the code and an error's text go on.
    error: (code, metadata) => {
      const error = metadata instanceof Error ? metadata : metadata.error;
      const isBroken = code !== "JWT_SESSION_ERROR" && code !== "CALLBACK_CREDENTIALS_HANDLER_ERROR";
      log[isBroken ? "warn" : "debug"]("next-auth.failed", { reason: code, error: error.message });
    },
    warn: (code) => {
      log.debug("next-auth.warned", { reason: code });
    },
    debug: () => undefined,
  };
}
