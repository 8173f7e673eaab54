import type { Database } from "../platform/database/database";
import type { AccountRole, AccountStanding, AccountSummary } from "./account";

export interface AccountStore {
  findSummary(accountId: string): Promise<AccountSummary | undefined>;
  findStanding(accountId: string): Promise<AccountStanding | undefined>;
  findByEmail(email: string): Promise<SignInRecord | undefined>;
  /** Ends every auth session that began before `from`. Never moves backwards. */
  endSessionsBefore(accountId: string, from: Date): Promise<void>;
  /** The account of an OIDC subject, made on first sight. Safe to call at once for the same subject. */
  upsertOidcAccount(person: OidcPerson): Promise<SignInRecord>;
}

export interface SignInRecord {
  readonly accountId: string;
  readonly displayName: string;
  readonly role: AccountRole;
  readonly passwordHash: string | undefined;
  readonly isDisabled: boolean;
}

export interface OidcPerson {
  readonly subject: string;
  readonly displayName: string;
  readonly now: Date;
}

export function createAccountStore(database: Database): AccountStore {
  return {
    findSummary: async (accountId) => {
      const row = await database.account.findUnique({
        where: { id: accountId },
        select: { displayName: true, role: true },
      });
      return row === null ? undefined : { accountId, ...row };
    },
    findStanding: async (accountId) => {
      const row = await database.account.findUnique({
        where: { id: accountId },
        select: { role: true, sessionsValidFrom: true, disabledAt: true },
      });
      if (row === null) return undefined;
      return {
        role: row.role,
        sessionsValidFromMs: row.sessionsValidFrom.getTime(),
        isDisabled: row.disabledAt !== null,
      };
    },
    findByEmail: async (email) => {
      const row = await database.account.findUnique({ where: { email }, select: SIGN_IN_COLUMNS });
      return row === null ? undefined : signInRecordOf(row);
    },
    endSessionsBefore: async (accountId, from) => {
      await database.account.updateMany({
        where: { id: accountId, sessionsValidFrom: { lt: from } },
        data: { sessionsValidFrom: from },
      });
    },
    upsertOidcAccount: async ({ subject, displayName, now }) => {
      const row = await database.account.upsert({
        where: { oidcSubject: subject },
        create: { oidcSubject: subject, displayName, sessionsValidFrom: now, createdAt: now },
        update: {},
        select: SIGN_IN_COLUMNS,
      });
      return signInRecordOf(row);
    },
  };
}

const SIGN_IN_COLUMNS = {
  id: true,
  displayName: true,
  role: true,
  passwordHash: true,
  disabledAt: true,
} as const;

function signInRecordOf(row: {
  id: string;
  displayName: string;
  role: AccountRole;
  passwordHash: string | null;
  disabledAt: Date | null;
}): SignInRecord {
  return {
    accountId: row.id,
    displayName: row.displayName,
    role: row.role,
    passwordHash: row.passwordHash ?? undefined,
    isDisabled: row.disabledAt !== null,
  };
}
