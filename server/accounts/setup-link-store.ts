import type { Database } from "../platform/database/database";
import { isUniqueViolation } from "../platform/database/database-errors";

export interface SetupLinkStore {
  hasAdmin(): Promise<boolean>;
  /** Stores the link and ends every older one, together. */
  replaceLink(link: {
    readonly tokenHash: string;
    readonly now: Date;
    readonly expiresAt: Date;
  }): Promise<void>;
  /**
   * Uses the link up and makes the admin, both or neither. Of any number of calls with one link exactly one makes an
   * account; the others, and links that were never made, resolve `"invalid"`.
   */
  redeem(admin: NewAdmin): Promise<RedeemOutcome>;
}

export interface NewAdmin {
  readonly tokenHash: string;
  readonly now: Date;
  readonly displayName: string;
  readonly email: string;
  readonly passwordHash: string;
}

export type RedeemOutcome = { readonly accountId: string } | "invalid" | "email-taken";

export function createSetupLinkStore(database: Database): SetupLinkStore {
  return {
    hasAdmin: async () => (await database.account.count({ where: { role: "admin", disabledAt: null } })) > 0,
    replaceLink: async ({ tokenHash, now, expiresAt }) => {
      await database.$transaction([
        database.setupLink.updateMany({
          where: { usedAt: null, expiresAt: { gt: now } },
          data: { expiresAt: now },
        }),
        database.setupLink.create({ data: { tokenHash, createdAt: now, expiresAt } }),
      ]);
    },
    redeem: async (admin) => {
      try {
        return await redeemInTransaction(database, admin);
      } catch (error) {
        if (isUniqueViolation(error)) return "email-taken";
        throw error;
      }
    },
  };
}

function redeemInTransaction(database: Database, admin: NewAdmin): Promise<RedeemOutcome> {
  const { tokenHash, now, displayName, email, passwordHash } = admin;
  return database.$transaction(async (transaction) => {
    // The row lock of this update is what makes the link single use.
    const used = await transaction.setupLink.updateMany({
      where: { tokenHash, usedAt: null, expiresAt: { gt: now } },
      data: { usedAt: now },
    });
    if (used.count === 0) return "invalid";
    // An attendee may have typed any address when joining; nobody ever proved that one.
    await transaction.account.updateMany({
      where: { email, role: "attendee", passwordHash: null },
      data: { email: null },
    });
    const account = await transaction.account.create({
      data: {
        displayName,
        email,
        passwordHash,
        role: "admin",
        sessionsValidFrom: now,
        createdAt: now,
      },
      select: { id: true },
    });
    return { accountId: account.id };
  });
}
