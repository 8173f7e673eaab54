import type { AuditTrail } from "../platform/audit";
import { clientKeyOf } from "../platform/client-key";
import type { Clock } from "../platform/clock";
import { AppError } from "../platform/errors";
import type { FailureLimit } from "../platform/rate-limits";
import type { RedeemSetupLinkInput, SetPasswordInput } from "../protocol/inputs";
import type { SetupPurposeView } from "../protocol/views";
import { hashPassword } from "./password";
import type { RedeemedAccount, SetupLinkStore } from "./setup-link-store";
import { hashSetupToken } from "./setup-token";

export interface RedeemSetupLinkDeps {
  readonly setupLinks: SetupLinkStore;
  readonly failures: FailureLimit;
  readonly audit: AuditTrail;
  readonly clock: Clock;
  /** Another password ends what was open under the old one. */
  readonly onPasswordSet: (accountId: string) => Promise<void>;
}

/** What the holder of a one-time link can do. All of it counts failures per address. */
export interface RedeemSetupLink {
  /** What the link is for. @throws AppError `setup-link.invalid`, `request.rate-limited` */
  readPurpose(token: string, address: string): Promise<SetupPurposeView>;
  /**
   * Makes the account that the link is for. Two people with one link: exactly one gets it.
   *
   * @throws AppError `setup-link.invalid`, `request.rate-limited`, or `request.invalid` for an e-mail that is taken.
   */
  makeAccount(input: RedeemSetupLinkInput, address: string): Promise<RedeemedAccount>;
  /** Sets the password of the account that the link is for. @throws AppError `setup-link.invalid`, `request.rate-limited` */
  setPassword(input: SetPasswordInput, address: string): Promise<RedeemedAccount>;
}

export function createRedeemSetupLink(deps: RedeemSetupLinkDeps): RedeemSetupLink {
  const refuse = async (client: string): Promise<never> => {
    await deps.failures.recordFailure(client);
    throw new AppError("setup-link.invalid", "no live setup link has this token");
  };
  const record = async ({ accountId }: RedeemedAccount, address: string): Promise<void> =>
    deps.audit.record({
      action: "setup-link.used",
      actorAccountId: accountId,
      subject: accountId,
      details: { address },
    });
  const now = (): Date => new Date(deps.clock.nowMs());
  return {
    readPurpose: async (token, address) => {
      const client = clientKeyOf(address);
      await deps.failures.assertMay(client);
      const link = await deps.setupLinks.find(hashSetupToken(token), now());
      if (link === undefined) return refuse(client);
      if (link.account !== null) return { purpose: "password", ...link.account };
      return { purpose: link.role === "admin" ? "admin" : "instructor" };
    },
    makeAccount: async ({ token, displayName, email, password }, address) => {
      const client = clientKeyOf(address);
      await deps.failures.assertMay(client);
      const outcome = await deps.setupLinks.redeem({
        ...{ tokenHash: hashSetupToken(token), now: now(), displayName, email },
        passwordHash: await hashPassword(password),
      });
      if (outcome === "invalid") return refuse(client);
      if (outcome === "email-taken") {
        throw new AppError("request.invalid", "an account with a password has this e-mail", {
          publicMessage: "An account has this e-mail already. Use another one.",
        });
      }
      await record(outcome, address);
      return outcome;
    },
    setPassword: async ({ token, password }, address) => {
      const client = clientKeyOf(address);
      await deps.failures.assertMay(client);
      const account = await deps.setupLinks.setPassword({
        ...{ tokenHash: hashSetupToken(token), now: now() },
        passwordHash: await hashPassword(password),
      });
      if (account === undefined) return refuse(client);
      await deps.onPasswordSet(account.accountId);
      await record(account, address);
      return account;
    },
  };
}
