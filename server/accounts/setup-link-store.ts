import type { Database } from "../platform/database/database";
import { isUniqueViolation } from "../platform/database/database-errors";
import type { AccountRole } from "./account";

export interface SetupLinkStore {
  hasAdmin(): Promise<boolean>;
  /**
   * Stores the link and ends every older one that it takes the place of, together: of the first admin's that of before, of a password's
   * those for the same account. Invitations stand beside one another.
   */
  replaceLink(link: NewLink): Promise<void>;
  /** The live link of this token; undefined when there is none. */
  find(tokenHash: string, now: Date): Promise<FoundLink | undefined>;
  /**
   * Uses the link up and makes the account, both or neither. Of any number of calls with one link exactly one makes an
   * account; the others, and links that were never made, resolve `"invalid"`.
   */
  redeem(person: NewAccount): Promise<RedeemOutcome>;
  /** Uses a password's link up and sets it; ends the account's auth sessions. @returns undefined when the link is none of those */
  setPassword(link: {
    readonly tokenHash: string;
    readonly now: Date;
    readonly passwordHash: string;
  }): Promise<RedeemedAccount | undefined>;
}

export interface NewLink {
  readonly tokenHash: string;
  readonly now: Date;
  readonly expiresAt: Date;
  /** Of the account that it makes. */
  readonly role: AccountRole;
  /** Whose password it changes; null for a link that makes an account. */
  readonly accountId: string | null;
  /** Null for the platform itself. */
  readonly createdById: string | null;
}

export interface FoundLink {
  readonly role: AccountRole;
  /** Whose password it changes. */
  readonly account: { readonly displayName: string; readonly email: string | null } | null;
}

export interface NewAccount {
  readonly tokenHash: string;
  readonly now: Date;
  readonly displayName: string;
  readonly email: string;
  readonly passwordHash: string;
}

export interface RedeemedAccount {
  readonly accountId: string;
  readonly role: AccountRole;
}

export type RedeemOutcome = RedeemedAccount | "invalid" | "email-taken";

export function createSetupLinkStore(database: Database): SetupLinkStore {
  return {
    hasAdmin: async () => (await database.account.count({ where: { role: "admin", disabledAt: null } })) > 0,
    replaceLink: async ({ now, ...link }) => {
      const { accountId, createdById } = link;
      await database.$transaction(async (transaction) => {
        const isInvitation = accountId === null && createdById !== null;
        if (!isInvitation)
          await transaction.setupLink.updateMany({
            where: {
              usedAt: null,
              expiresAt: { gt: now },
              accountId,
              ...(accountId === null && { createdById }),
            },
            data: { expiresAt: now },
          });
        await transaction.setupLink.create({ data: { ...link, createdAt: now } });
      });
    },
    find: async (tokenHash, now) => {
      const row = await database.setupLink.findFirst({
        where: { tokenHash, usedAt: null, expiresAt: { gt: now } },
        select: { role: true, account: { select: { displayName: true, email: true } } },
      });
      return row ?? undefined;
    },
    redeem: async (person) => {
      try {
        return await redeemInTransaction(database, person);
      } catch (error) {
        if (isUniqueViolation(error)) return "email-taken";
        throw error;
      }
    },
    setPassword: ({ tokenHash, now, passwordHash }) =>
      database.$transaction(async (transaction) => {
        const link = await useLink(transaction, { tokenHash, now, accountId: { not: null } });
        if (link?.accountId == null) return undefined;
        const { id, role } = await transaction.account.update({
          where: { id: link.accountId },
          data: { passwordHash, sessionsValidFrom: now },
          select: { id: true, role: true },
        });
        return { accountId: id, role };
      }),
  };
}

type Transaction = Parameters<Parameters<Database["$transaction"]>[0]>[0];

/** Of the kind that `accountId` says. The row lock of this update is what makes a link single use. */
async function useLink(
  transaction: Transaction,
  { tokenHash, now, accountId }: { tokenHash: string; now: Date; accountId: null | { not: null } },
): Promise<{ role: AccountRole; accountId: string | null } | undefined> {
  const [link] = await transaction.setupLink.updateManyAndReturn({
    where: { tokenHash, accountId, usedAt: null, expiresAt: { gt: now } },
    data: { usedAt: now },
    select: { role: true, accountId: true },
  });
  return link;
}

function redeemInTransaction(database: Database, person: NewAccount): Promise<RedeemOutcome> {
  const { tokenHash, now, displayName, email, passwordHash } = person;
  return database.$transaction(async (transaction) => {
    const link = await useLink(transaction, { tokenHash, now, accountId: null });
    if (link === undefined) return "invalid";
    // An attendee may have typed any address when joining; nobody ever proved that one.
    await transaction.account.updateMany({
      where: { email, role: "attendee", passwordHash: null },
      data: { email: null },
    });
    const { role } = link;
    const account = await transaction.account.create({
      data: { displayName, email, passwordHash, role, sessionsValidFrom: now, createdAt: now },
      select: { id: true },
    });
    return { accountId: account.id, role };
  });
}
