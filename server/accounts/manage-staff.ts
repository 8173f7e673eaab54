import type { Actor } from "../platform/actor";
import type { AuditTrail } from "../platform/audit";
import type { Clock } from "../platform/clock";
import { AppError } from "../platform/errors";
import type { EventBus } from "../platform/events";
import type { ChangeStaffInput } from "../protocol/inputs";
import type { SetupLinkView, StaffView } from "../protocol/views";
import type { AuthSessions } from "./auth-sessions";
import type { SetupLinkStore } from "./setup-link-store";
import { hashSetupToken, newSetupToken } from "./setup-token";
import type { StaffStore } from "./staff-store";

export interface ManageStaffDeps {
  readonly staff: StaffStore;
  readonly setupLinks: SetupLinkStore;
  readonly sessions: Pick<AuthSessions, "forgetAccount">;
  readonly audit: AuditTrail;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** Time to read one's mail. */
const INVITATION_MS = 3 * 24 * 3_600_000;
const PASSWORD_LINK_MS = 24 * 3_600_000;

/** What an admin does about those who teach. Whoever calls these has seen that the actor is one. */
export interface ManageStaff {
  list(actor: Actor): Promise<readonly StaffView[]>;
  /** A one-time link with which somebody makes an instructor's account. */
  invite(actor: Actor): Promise<SetupLinkView>;
  /** A one-time link with which its holder chooses another password; it ends the ones before it. @throws AppError `account.not-found` */
  renewPassword(actor: Actor, accountId: string): Promise<SetupLinkView>;
  /** Another role, or none: what a removed account has open ends at once. @throws AppError `account.not-found` | `request.invalid` for oneself */
  change(actor: Actor, input: ChangeStaffInput): Promise<void>;
}

export function createManageStaff(deps: ManageStaffDeps): ManageStaff {
  const makeLink = async (
    actor: Actor,
    { accountId, lifeMs }: { readonly accountId: string | null; readonly lifeMs: number },
  ): Promise<SetupLinkView> => {
    const token = newSetupToken();
    const nowMs = deps.clock.nowMs();
    const expiresAt = new Date(nowMs + lifeMs);
    await deps.setupLinks.replaceLink({
      ...{ tokenHash: hashSetupToken(token), role: "instructor", accountId, createdById: actor.accountId },
      ...{ now: new Date(nowMs), expiresAt },
    });
    await deps.audit.record({
      action: accountId === null ? "staff.invited" : "staff.password-link-made",
      actorAccountId: actor.accountId,
      subject: accountId ?? actor.accountId,
    });
    return { path: `/setup#${token}`, expiresAt };
  };
  return {
    list: async (actor) =>
      (await deps.staff.list()).map((row) => ({ ...row, isMe: row.accountId === actor.accountId })),
    invite: (actor) => makeLink(actor, { accountId: null, lifeMs: INVITATION_MS }),
    renewPassword: async (actor, accountId) => {
      if (!(await deps.staff.hasPassword(accountId)))
        throw new AppError("account.not-found", `nobody of the staff with a password: ${accountId}`);
      return makeLink(actor, { accountId, lifeMs: PASSWORD_LINK_MS });
    },
    change: async (actor, { accountId, role, isDisabled }) => {
      if (accountId === actor.accountId)
        throw new AppError("request.invalid", "an admin's own account", {
          publicMessage: "You cannot change your own account here; ask another admin.",
        });
      const now = new Date(deps.clock.nowMs());
      if (!(await deps.staff.change(accountId, { role, isDisabled, now })))
        throw new AppError("account.not-found", `nobody of the staff: ${accountId}`);
      deps.sessions.forgetAccount(accountId);
      if (isDisabled || role === "attendee")
        await deps.events.publish({ kind: "account.signed-out", accountId });
      await deps.audit.record({
        action: "staff.changed",
        actorAccountId: actor.accountId,
        subject: accountId,
        details: { role, isDisabled },
      });
    },
  };
}
