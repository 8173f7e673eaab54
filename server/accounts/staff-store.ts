import type { Database } from "../platform/database/database";
import type { StaffView } from "../protocol/views";
import type { AccountRole } from "./account";

/** The accounts of those who teach, and of those who came by single sign-on and may be asked to. */
export interface StaffStore {
  /** Oldest first. */
  list(): Promise<readonly Omit<StaffView, "isMe">[]>;
  hasPassword(accountId: string): Promise<boolean>;
  /**
   * False when nobody of the staff has this id. Who loses the right to teach loses the auth sessions that began before `now`; who is no admin any
   * more, the links that they made; who is removed, those for their own password.
   */
  change(
    accountId: string,
    to: { readonly role: AccountRole; readonly isDisabled: boolean; readonly now: Date },
  ): Promise<boolean>;
}

const STAFF = {
  OR: [{ role: { in: ["instructor", "admin"] as AccountRole[] } }, { oidcSubject: { not: null } }],
};

export function createStaffStore(database: Database): StaffStore {
  return {
    list: async () => {
      const rows = await database.account.findMany({
        where: STAFF,
        orderBy: { createdAt: "asc" },
        select: {
          id: true,
          displayName: true,
          email: true,
          role: true,
          passwordHash: true,
          disabledAt: true,
        },
      });
      return rows.map(({ id, displayName, email, role, passwordHash, disabledAt }) => ({
        ...{ accountId: id, displayName, email, role },
        ...{ hasPassword: passwordHash !== null, isDisabled: disabledAt !== null },
      }));
    },
    hasPassword: async (accountId) =>
      (await database.account.count({ where: { id: accountId, ...STAFF, passwordHash: { not: null } } })) > 0,
    change: async (accountId, { role, isDisabled, now }) => {
      const endsSessions = isDisabled || role === "attendee";
      const lostLinks = [
        ...(isDisabled || role !== "admin" ? [{ createdById: accountId }] : []),
        ...(isDisabled ? [{ accountId }] : []),
      ];
      const [{ count }] = await database.$transaction([
        database.account.updateMany({
          where: { id: accountId, ...STAFF },
          data: {
            role,
            disabledAt: isDisabled ? now : null,
            ...(endsSessions && { sessionsValidFrom: new Date(now.getTime() + 1) }),
          },
        }),
        database.setupLink.updateMany({
          where: { OR: lostLinks, usedAt: null, expiresAt: { gt: now } },
          data: { expiresAt: now },
        }),
      ]);
      return count > 0;
    },
  };
}
