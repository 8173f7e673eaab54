import type { AuditTrail } from "../platform/audit";
import { clientKeyOf } from "../platform/client-key";
import type { Clock } from "../platform/clock";
import { AppError } from "../platform/errors";
import type { FailureLimit } from "../platform/rate-limits";
import type { RedeemSetupLinkInput } from "../protocol/inputs";
import { hashSetupToken } from "./create-setup-link";
import { hashPassword } from "./password";
import type { SetupLinkStore } from "./setup-link-store";

/**
 * Makes the first admin and resolves its account. Two people with one link: exactly one becomes admin.
 *
 * @throws AppError `setup-link.invalid`, `request.rate-limited`, or `request.invalid` for an e-mail that is taken.
 */
export const redeemSetupLink =
  (deps: {
    readonly setupLinks: SetupLinkStore;
    readonly failures: FailureLimit;
    readonly audit: AuditTrail;
    readonly clock: Clock;
  }) =>
  async (input: RedeemSetupLinkInput, address: string): Promise<{ accountId: string; role: "admin" }> => {
    const client = clientKeyOf(address);
    await deps.failures.assertMay(client);
    const outcome = await deps.setupLinks.redeem({
      tokenHash: hashSetupToken(input.token),
      now: new Date(deps.clock.nowMs()),
      displayName: input.displayName,
      email: input.email,
      passwordHash: await hashPassword(input.password),
    });
    if (outcome === "invalid") {
      await deps.failures.recordFailure(client);
      throw new AppError("setup-link.invalid", "no live setup link has this token");
    }
    if (outcome === "email-taken") {
      throw new AppError("request.invalid", "an account with a password has this e-mail", {
        publicMessage: "An account has this e-mail already. Use another one.",
      });
    }
    const { accountId } = outcome;
    await deps.audit.record({
      action: "setup-link.used",
      actorAccountId: accountId,
      subject: accountId,
      details: { address },
    });
    return { accountId, role: "admin" };
  };
