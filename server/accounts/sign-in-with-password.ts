import { createHash } from "node:crypto";
import type { AuditTrail } from "../platform/audit";
import { clientKeyOf } from "../platform/client-key";
import type { AttemptLimit, FailureLimit } from "../platform/rate-limits";
import { emailSchema, passwordSchema } from "../protocol/inputs";
import type { AccountSummary } from "./account";
import type { AccountStore } from "./account-store";
import { verifyPassword } from "./password";

export interface SignInLimits {
  /** Every try of an address: password hashing is dear. */
  readonly attempts: AttemptLimit;
  readonly addressFailures: FailureLimit;
  readonly emailFailures: FailureLimit;
}

/**
 * The account of this e-mail and password; undefined when they do not belong together, which takes as long and reads
 * the same whether the e-mail exists, the account has no password or is disabled.
 *
 * @throws AppError `request.rate-limited` per address and per e-mail.
 */
export const signInWithPassword =
  (deps: { readonly accounts: AccountStore; readonly limits: SignInLimits; readonly audit: AuditTrail }) =>
  async (
    typed: { readonly email: unknown; readonly password: unknown },
    address: string,
  ): Promise<AccountSummary | undefined> => {
    const { limits } = deps;
    const client = clientKeyOf(address);
    await limits.attempts.takeAttempt(client);
    await limits.addressFailures.assertMay(client);
    const email = emailSchema.safeParse(typed.email);
    const password = passwordSchema.safeParse(typed.password);
    if (!email.success || !password.success) {
      await limits.addressFailures.recordFailure(client);
      return undefined;
    }
    const emailKey = createHash("sha256").update(email.data).digest("base64url");
    await limits.emailFailures.assertMay(emailKey);

    const found = await deps.accounts.findByEmail(email.data);
    const isRight = await verifyPassword(found?.passwordHash, password.data);
    if (found === undefined || !isRight || found.isDisabled) {
      await limits.addressFailures.recordFailure(client);
      await limits.emailFailures.recordFailure(emailKey);
      const subject = found?.accountId ?? "unknown";
      await deps.audit.record({
        action: "account.sign-in-failed",
        actorAccountId: null,
        subject,
        details: { address },
      });
      return undefined;
    }
    const { accountId, displayName, role } = found;
    const details = { address, method: "password" };
    await deps.audit.record({
      action: "account.signed-in",
      actorAccountId: accountId,
      subject: accountId,
      details,
    });
    return { accountId, displayName, role };
  };
