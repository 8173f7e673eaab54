import type { AccountRole } from "../accounts/account";
import type { EnrollmentGrant } from "../platform/actor";
import type { Database } from "../platform/database/database";
import { isUniqueViolation } from "../platform/database/database-errors";
import { COHORT_COLUMNS, cohortOf } from "./cohort-columns";
import type { Cohort } from "./cohort";
import { enrolInTransaction, type EnrolOutcome, type EnrolRequest } from "./enrol-transaction-store";

/** An enrollment with what a page shows of it. */
export interface EnrollmentRecord {
  readonly enrollmentId: string;
  readonly role: "attendee" | "instructor";
  readonly displayName: string;
  readonly cohort: Cohort;
}

/** Whom a rejoin code signs in. */
export interface RejoinRecord {
  readonly enrollmentId: string;
  readonly cohortId: string;
  readonly accountId: string;
  readonly accountRole: AccountRole;
}

/** Who is behind an enrollment, as far as their sandbox is concerned. */
export interface AttendanceRecord {
  readonly displayName: string;
  readonly workshopId: string;
  readonly sleepAfterMinutes: number;
  readonly homeworkUntil: Date;
}

/** One row of the board before anything is derived. */
export interface AttendeeRecord {
  readonly enrollmentId: string;
  readonly displayName: string;
  readonly joinedAt: Date;
  readonly lastSeenAt: Date;
}

export interface EnrollmentStore {
  /** Enrols once per person and never beyond the capacity, however many ask at once. */
  enrol(request: EnrolRequest): Promise<EnrolOutcome>;
  findGrant(accountId: string, cohortId: string): Promise<EnrollmentGrant | undefined>;
  /** Undefined for an enrollment that is gone or withdrawn. */
  findAttendance(enrollmentId: string): Promise<AttendanceRecord | undefined>;
  findByRejoinHash(rejoinCodeHash: string): Promise<RejoinRecord | undefined>;
  listOfAccount(accountId: string): Promise<readonly EnrollmentRecord[]>;
  findOfAccount(accountId: string, cohortId: string): Promise<EnrollmentRecord | undefined>;
  /** Makes `rejoinCodeHash` the one that finds the enrollment, if its account is an attendee's. */
  keepRejoinHash(enrollmentId: string, rejoinCodeHash: string): Promise<void>;
  /** Attendees only, in the order in which they joined. */
  listAttendees(cohortId: string): Promise<readonly AttendeeRecord[]>;
  /** When the last homework window of the account closes; undefined when it has no enrollment. */
  findHomeworkEnd(accountId: string): Promise<Date | undefined>;
  markSeen(enrollmentId: string, at: Date): Promise<{ readonly cohortId: string } | undefined>;
}

/** Most enrollments that one account is shown, newest first. */
const LIST_MAX = 200;

export function createEnrollmentStore(database: Database): EnrollmentStore {
  return {
    enrol: async (request) => {
      try {
        return await enrolInTransaction(database, request);
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        // Somebody took the e-mail between the look and the insert: the place matters more than the address.
        return enrolInTransaction(database, { ...request, email: undefined });
      }
    },
    findGrant: async (accountId, cohortId) => {
      const row = await database.enrollment.findUnique({
        where: { cohortId_accountId: { cohortId, accountId }, withdrawnAt: null },
        select: { id: true, role: true },
      });
      return row === null ? undefined : { enrollmentId: row.id, role: row.role };
    },
    findByRejoinHash: async (rejoinCodeHash) => {
      const row = await database.enrollment.findUnique({
        where: { rejoinCodeHash, withdrawnAt: null },
        select: { id: true, cohortId: true, account: { select: { id: true, role: true, disabledAt: true } } },
      });
      if (row === null || row.account.disabledAt !== null) return undefined;
      const { id: accountId, role: accountRole } = row.account;
      return { enrollmentId: row.id, cohortId: row.cohortId, accountId, accountRole };
    },
    listOfAccount: async (accountId) => {
      const rows = await database.enrollment.findMany({
        where: { accountId, withdrawnAt: null },
        orderBy: { createdAt: "desc" },
        take: LIST_MAX,
        select: ENROLLMENT_COLUMNS,
      });
      return rows.map(enrollmentOf);
    },
    findOfAccount: async (accountId, cohortId) => {
      const row = await database.enrollment.findUnique({
        where: { cohortId_accountId: { cohortId, accountId }, withdrawnAt: null },
        select: ENROLLMENT_COLUMNS,
      });
      return row === null ? undefined : enrollmentOf(row);
    },
    ...createAttendeeQueries(database),
  };
}

function createAttendeeQueries(
  database: Database,
): Pick<
  EnrollmentStore,
  "findAttendance" | "keepRejoinHash" | "listAttendees" | "findHomeworkEnd" | "markSeen"
> {
  return {
    findAttendance: async (enrollmentId) => {
      const row = await database.enrollment.findUnique({
        where: { id: enrollmentId, withdrawnAt: null },
        select: {
          account: { select: { displayName: true } },
          cohort: { select: { workshopId: true, sleepAfterMinutes: true, homeworkUntil: true } },
        },
      });
      return row === null ? undefined : { ...row.account, ...row.cohort };
    },
    keepRejoinHash: async (enrollmentId, rejoinCodeHash) => {
      await database.enrollment.updateMany({
        where: {
          id: enrollmentId,
          account: { role: "attendee" },
          OR: [{ rejoinCodeHash: null }, { rejoinCodeHash: { not: rejoinCodeHash } }],
        },
        data: { rejoinCodeHash },
      });
    },
    listAttendees: async (cohortId) => {
      const rows = await database.enrollment.findMany({
        where: { cohortId, role: "attendee", withdrawnAt: null },
        orderBy: [{ createdAt: "asc" }, { id: "asc" }],
        select: { id: true, createdAt: true, lastSeenAt: true, account: { select: { displayName: true } } },
      });
      return rows.map(({ id, createdAt, lastSeenAt, account }) => ({
        enrollmentId: id,
        displayName: account.displayName,
        joinedAt: createdAt,
        lastSeenAt,
      }));
    },
    findHomeworkEnd: async (accountId) => {
      const row = await database.enrollment.findFirst({
        where: { accountId, withdrawnAt: null },
        orderBy: { cohort: { homeworkUntil: "desc" } },
        select: { cohort: { select: { homeworkUntil: true } } },
      });
      return row?.cohort.homeworkUntil;
    },
    markSeen: async (enrollmentId, at) => {
      const [row] = await database.enrollment.updateManyAndReturn({
        where: { id: enrollmentId, lastSeenAt: { lt: at } },
        data: { lastSeenAt: at },
        select: { cohortId: true },
      });
      return row;
    },
  };
}

const ENROLLMENT_COLUMNS = {
  id: true,
  role: true,
  account: { select: { displayName: true } },
  cohort: { select: COHORT_COLUMNS },
} as const;

function enrollmentOf(row: {
  id: string;
  role: "attendee" | "instructor";
  account: { displayName: string };
  cohort: Parameters<typeof cohortOf>[0];
}): EnrollmentRecord {
  const { id: enrollmentId, role, account, cohort } = row;
  return { enrollmentId, role, displayName: account.displayName, cohort: cohortOf(cohort) };
}
