import type { IncomingMessage, RequestListener } from "node:http";
import type { AuditTrail } from "../platform/audit";
import type { Clock } from "../platform/clock";
import type { EventBus } from "../platform/events";
import type { Database } from "../platform/database/database";
import type { Logger } from "../platform/logger";
import type { RateLimits } from "../platform/rate-limits";
import { createAccountStore } from "./account-store";
import { createAuthOptions, type OidcSettings } from "./auth-options";
import { createAuthSessions, type AuthSessions } from "./auth-sessions";
import { createSetupLink } from "./create-setup-link";
import { createNextAuthHandler } from "./next-auth-handler";
import { readViewer } from "./read-viewer";
import { createManageStaff } from "./manage-staff";
import { createRedeemSetupLink } from "./redeem-setup-link";
import { createAccountsRouter } from "./router";
import { createSetupLinkStore } from "./setup-link-store";
import { signInWithOidc } from "./sign-in-with-oidc";
import { signInWithPassword, type SignInLimits } from "./sign-in-with-password";
import { signOutEverywhere } from "./sign-out-everywhere";
import { createStaffStore } from "./staff-store";

export interface AccountsOptions {
  readonly database: Database;
  readonly rateLimits: RateLimits;
  readonly audit: AuditTrail;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly log: Logger;
  /** At least 32 characters, the same for all replicas and starts. */
  readonly secret: string;
  readonly publicUrl: string;
  readonly oidc: OidcSettings | undefined;
  readonly addressOf: (request: IncomingMessage) => string;
}

/** The accounts room, put together. */
export interface Accounts {
  readonly router: ReturnType<typeof createAccountsRouter>;
  /** For requests under `/api/auth/`. */
  readonly authHandler: RequestListener;
  readonly sessions: AuthSessions;
  /** A fresh token for `/setup#<token>`, undefined when there is an admin. To be called once a start. */
  readonly createSetupLink: ReturnType<typeof createSetupLink>;
}

export function createAccounts(options: AccountsOptions): Accounts {
  const { database, rateLimits, audit, events, clock, log, secret, publicUrl } = options;
  const accounts = createAccountStore(database);
  const setupLinks = createSetupLinkStore(database);
  const sessions = createAuthSessions({
    secret,
    publicUrl,
    clock,
    readStanding: (accountId) => accounts.findStanding(accountId),
  });
  const authOptions = createAuthOptions({
    secret,
    sessions,
    signInWithPassword: signInWithPassword({ accounts, limits: createSignInLimits(rateLimits), audit }),
    signInWithOidc: signInWithOidc({ accounts, audit, clock }),
    oidc: options.oidc,
    nowMs: () => clock.nowMs(),
    log,
  });
  return {
    sessions,
    authHandler: createNextAuthHandler({
      options: authOptions,
      publicUrl,
      addressOf: options.addressOf,
      log,
    }),
    createSetupLink: createSetupLink({ setupLinks, clock }),
    router: createAccountsRouter({
      readViewer: readViewer({ accounts }),
      redeem: createRedeemSetupLink({
        ...{ setupLinks, audit, clock },
        failures: rateLimits.limitFailures({ name: "setup-link", ...PER_ADDRESS }),
        onPasswordSet: async (accountId) => {
          sessions.forgetAccount(accountId);
          await events.publish({ kind: "account.signed-out", accountId });
        },
      }),
      staff: createManageStaff({
        ...{ setupLinks, sessions, audit, clock, events },
        staff: createStaffStore(database),
      }),
      signOutEverywhere: signOutEverywhere({ accounts, sessions, audit, clock, events }),
      issueAuthSession: sessions.issueAuthSession,
    }),
  };
}

/** The numbers are argued for in docs/adr/0008-codes-and-sign-in.md. */
const PER_ADDRESS = { failuresMax: 10, windowSeconds: 60, blockSecondsMax: 3_600 } as const;

function createSignInLimits(rateLimits: RateLimits): SignInLimits {
  return {
    attempts: rateLimits.limitAttempts({ name: "sign-in-attempt", attemptsMax: 30, windowSeconds: 10 }),
    addressFailures: rateLimits.limitFailures({ name: "sign-in-address", ...PER_ADDRESS }),
    // Short blocks: whoever knows an instructor's e-mail must not be able to keep them out for a morning.
    emailFailures: rateLimits.limitFailures({
      name: "sign-in-email",
      failuresMax: 20,
      windowSeconds: 60,
      blockSecondsMax: 300,
    }),
  };
}
