import type { AuditTrail } from "../platform/audit";
import type { Clock } from "../platform/clock";
import { AppError } from "../platform/errors";
import { displayNameSchema } from "../protocol/inputs";
import type { AccountSummary } from "./account";
import type { AccountStore } from "./account-store";

/** What we read of the identity provider's claims. Its e-mail is not among them: accounts are found by subject alone. */
export interface OidcProfile {
  readonly sub?: unknown;
  readonly name?: unknown;
  readonly preferred_username?: unknown;
}

/**
 * The account of a subject at the identity provider. A new one is an attendee: who may teach is decided here, not there.
 * It is never merged with an account that has the same e-mail, since providers differ in what they verify.
 *
 * @throws AppError `account.forbidden` for a disabled account or claims without a subject.
 */
export const signInWithOidc =
  (deps: { readonly accounts: AccountStore; readonly audit: AuditTrail; readonly clock: Clock }) =>
  async (profile: OidcProfile, issuer: string): Promise<AccountSummary> => {
    if (typeof profile.sub !== "string" || profile.sub === "") {
      throw new AppError("account.forbidden", "the identity provider sent no subject");
    }
    const { accountId, displayName, role, isDisabled } = await deps.accounts.upsertOidcAccount({
      subject: `${issuer}#${profile.sub}`,
      displayName: displayNameOf(profile),
      now: new Date(deps.clock.nowMs()),
    });
    if (isDisabled)
      throw new AppError("account.forbidden", "the account is disabled", { details: { accountId } });
    const details = { method: "oidc" };
    await deps.audit.record({
      action: "account.signed-in",
      actorAccountId: accountId,
      subject: accountId,
      details,
    });
    return { accountId, displayName, role };
  };

function displayNameOf({ name, preferred_username: username }: OidcProfile): string {
  for (const candidate of [name, username]) {
    const parsed = displayNameSchema.safeParse(candidate);
    if (parsed.success) return parsed.data;
  }
  return "Attendee";
}
