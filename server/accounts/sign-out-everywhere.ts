import type { Actor } from "../platform/actor";
import type { AuditTrail } from "../platform/audit";
import type { Clock } from "../platform/clock";
import type { EventBus } from "../platform/events";
import type { AccountStore } from "./account-store";
import type { AuthSessions } from "./auth-sessions";

/** Ends every auth session of the actor's account, this one included, and says so to every replica, which then closes its terminals. */
export const signOutEverywhere =
  (deps: {
    readonly accounts: AccountStore;
    readonly sessions: Pick<AuthSessions, "forgetAccount">;
    readonly audit: AuditTrail;
    readonly clock: Clock;
    readonly events: EventBus;
  }) =>
  async ({ accountId }: Actor): Promise<void> => {
    // One later than now: a session that began in this very millisecond is over too.
    await deps.accounts.endSessionsBefore(accountId, new Date(deps.clock.nowMs() + 1));
    deps.sessions.forgetAccount(accountId);
    await deps.events.publish({ kind: "account.signed-out", accountId });
    await deps.audit.record({
      action: "account.signed-out-everywhere",
      actorAccountId: accountId,
      subject: accountId,
    });
  };
