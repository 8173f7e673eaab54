import { randomUUID } from "node:crypto";
import type { AccountRole } from "../accounts/account";
import type { Database } from "../platform/database/database";

export interface EnrolRequest {
  readonly cohortId: string;
  /** The account that is signed in; without one, the device key decides who it is. */
  readonly accountId: string | undefined;
  readonly deviceKeyHash: string;
  readonly displayName: string;
  /** Kept only when no account has it. Nobody is told which. */
  readonly email: string | undefined;
  /** The hash of the rejoin code of a new enrollment, which is derived from its id. */
  readonly rejoinCodeHashOf: (enrollmentId: string) => string;
  readonly now: Date;
}

export type EnrolOutcome =
  | { readonly outcome: "enrolled"; readonly enrollment: EnrolledPerson; readonly isNew: boolean }
  | { readonly outcome: "full" };

export interface EnrolledPerson {
  readonly enrollmentId: string;
  readonly accountId: string;
  readonly accountRole: AccountRole;
}

type Transaction = Parameters<Parameters<Database["$transaction"]>[0]>[0];

/** Enrols under a lock on the cohort's row, so that one place is never given twice. */
export function enrolInTransaction(database: Database, request: EnrolRequest): Promise<EnrolOutcome> {
  return database.$transaction(async (transaction) => {
    const [cohort] = await transaction.$queryRaw<{ capacity: number }[]>`
      select capacity from "Cohort" where id = ${request.cohortId}::uuid for no key update`;
    if (cohort === undefined) return { outcome: "full" };
    const known = await findExisting(transaction, request);
    if (known !== undefined && !known.isWithdrawn) {
      await rename(transaction, known, request.displayName);
      return { outcome: "enrolled", enrollment: personOf(known), isNew: false };
    }
    const taken = await transaction.enrollment.count({
      where: { cohortId: request.cohortId, role: "attendee", withdrawnAt: null },
    });
    if (taken >= cohort.capacity) return { outcome: "full" };
    const enrollment =
      known === undefined
        ? await createEnrollment(transaction, request)
        : await readmit(transaction, known, request.now);
    return { outcome: "enrolled", enrollment, isNew: true };
  });
}

interface KnownPerson extends EnrolledPerson {
  readonly isWithdrawn: boolean;
}

async function findExisting(
  transaction: Transaction,
  { cohortId, accountId, deviceKeyHash }: EnrolRequest,
): Promise<KnownPerson | undefined> {
  const row = await transaction.enrollment.findUnique({
    where:
      accountId === undefined
        ? { cohortId_deviceKeyHash: { cohortId, deviceKeyHash } }
        : { cohortId_accountId: { cohortId, accountId } },
    select: { id: true, withdrawnAt: true, account: { select: { id: true, role: true } } },
  });
  // A browser's key is no password: it never opens an account that may teach.
  if (row === null || (accountId === undefined && row.account.role !== "attendee")) return undefined;
  const { id: enrollmentId, withdrawnAt, account } = row;
  return {
    enrollmentId,
    accountId: account.id,
    accountRole: account.role,
    isWithdrawn: withdrawnAt !== null,
  };
}

async function rename(transaction: Transaction, known: KnownPerson, displayName: string): Promise<void> {
  await transaction.account.updateMany({
    where: {
      id: known.accountId,
      role: "attendee",
      passwordHash: null,
      oidcSubject: null,
      NOT: { displayName },
    },
    data: { displayName },
  });
}

async function readmit(transaction: Transaction, known: KnownPerson, now: Date): Promise<EnrolledPerson> {
  await transaction.enrollment.update({
    where: { id: known.enrollmentId },
    data: { withdrawnAt: null, lastSeenAt: now },
  });
  return personOf(known);
}

async function createEnrollment(transaction: Transaction, request: EnrolRequest): Promise<EnrolledPerson> {
  const { cohortId, deviceKeyHash, now } = request;
  const account = await findOrCreateAccount(transaction, request);
  const enrollmentId = randomUUID();
  const isAttendee = account.role === "attendee";
  const isKeyFree =
    (await transaction.enrollment.count({ where: { cohortId, deviceKeyHash } })) === 0 && isAttendee;
  await transaction.enrollment.create({
    data: {
      id: enrollmentId,
      cohortId,
      accountId: account.id,
      deviceKeyHash: isKeyFree ? deviceKeyHash : null,
      // Twelve characters must not sign anybody in as an instructor.
      rejoinCodeHash: isAttendee ? request.rejoinCodeHashOf(enrollmentId) : null,
      createdAt: now,
      lastSeenAt: now,
    },
  });
  return { enrollmentId, accountId: account.id, accountRole: account.role };
}

async function findOrCreateAccount(
  transaction: Transaction,
  { accountId, displayName, email, now }: EnrolRequest,
): Promise<{ id: string; role: AccountRole }> {
  if (accountId !== undefined) {
    return transaction.account.findUniqueOrThrow({
      where: { id: accountId },
      select: { id: true, role: true },
    });
  }
  const isEmailFree = email !== undefined && (await transaction.account.count({ where: { email } })) === 0;
  return transaction.account.create({
    data: { displayName, email: isEmailFree ? email : null, sessionsValidFrom: now, createdAt: now },
    select: { id: true, role: true },
  });
}

function personOf({ enrollmentId, accountId, accountRole }: EnrolledPerson): EnrolledPerson {
  return { enrollmentId, accountId, accountRole };
}
