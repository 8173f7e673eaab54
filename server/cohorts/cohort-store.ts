import type { Database } from "../platform/database/database";
import { isUniqueViolation } from "../platform/database/database-errors";
import type { Cohort } from "./cohort";
import { COHORT_COLUMNS, cohortOf } from "./cohort-columns";
import type { JoinCode } from "./join-code";

/** A cohort as instructors list it. */
export interface ListedCohort extends Cohort {
  readonly attendeeCount: number;
  /** The code that lets people in now; null when there is none. */
  readonly liveCode: Pick<JoinCode, "code" | "expiresAt"> | null;
}

export interface NewCohort {
  readonly workshopId: string;
  readonly name: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly homeworkUntil: Date;
  readonly capacity: number;
  readonly sleepAfterMinutes: number;
  readonly isDemo: boolean;
  /** Who teaches it; undefined for the demo cohort, which admins teach. */
  readonly instructorAccountId: string | undefined;
  readonly now: Date;
}

/** A cohort as the sandboxes' pool is planned by. */
export interface DeliveredCohort {
  readonly workshopId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** People who may still come for a sandbox. */
  readonly seatsLeft: number;
  readonly isDemo: boolean;
}

export interface CohortStore {
  /** Cohorts that are on at some instant of the window. */
  listDelivered(window: { readonly from: Date; readonly until: Date }): Promise<readonly DeliveredCohort[]>;
  create(cohort: NewCohort): Promise<string>;
  /** With `instructorAccountId`, only the cohorts that this account teaches. Newest first. */
  list(filter: {
    readonly instructorAccountId: string | undefined;
    readonly now: Date;
  }): Promise<readonly ListedCohort[]>;
  find(cohortId: string, now: Date): Promise<ListedCohort | undefined>;
  findWorkshopId(cohortId: string): Promise<string | undefined>;
  findByJoinCode(code: string): Promise<{ readonly code: JoinCode; readonly cohort: Cohort } | undefined>;
  /** Revokes every live code and stores `code`, together. False when the code exists already. */
  replaceJoinCode(change: {
    readonly cohortId: string;
    readonly code: string;
    readonly expiresAt: Date;
    readonly now: Date;
  }): Promise<boolean>;
  revokeJoinCodes(cohortId: string, now: Date): Promise<void>;
  findDemo(workshopId: string, now: Date): Promise<ListedCohort | undefined>;
  /** Moves the demo cohort's dates on. */
  renewDemo(cohortId: string, dates: Pick<Cohort, "startsAt" | "endsAt" | "homeworkUntil">): Promise<void>;
  /** Makes or renames the row of each workshop; rows of workshops that are gone stay for their cohorts. */
  upsertWorkshops(
    workshops: readonly { readonly workshopId: string; readonly title: string }[],
    now: Date,
  ): Promise<void>;
}

/** Most cohorts that a list shows. */
const LIST_MAX = 500;

export function createCohortStore(database: Database): CohortStore {
  return {
    ...createCohortRows(database),
    ...createSeedRows(database),
    ...createJoinCodeRows(database),
    listDelivered: (window) => listDelivered(database, window),
  };
}

function createCohortRows(
  database: Database,
): Pick<CohortStore, "create" | "list" | "find" | "findWorkshopId"> {
  return {
    create: async ({ instructorAccountId, now, ...cohort }) => {
      const enrollments =
        instructorAccountId === undefined
          ? {}
          : { enrollments: { create: { accountId: instructorAccountId, role: "instructor" as const } } };
      const row = await database.cohort.create({
        data: { ...cohort, createdAt: now, ...enrollments },
        select: { id: true },
      });
      return row.id;
    },
    list: async ({ instructorAccountId, now }) => {
      const rows = await database.cohort.findMany({
        where:
          instructorAccountId === undefined
            ? {}
            : {
                enrollments: {
                  some: { accountId: instructorAccountId, role: "instructor", withdrawnAt: null },
                },
              },
        orderBy: [{ startsAt: "desc" }, { id: "asc" }],
        take: LIST_MAX,
        select: listedColumns(now),
      });
      return rows.map(listedOf);
    },
    find: async (cohortId, now) => {
      const row = await database.cohort.findUnique({ where: { id: cohortId }, select: listedColumns(now) });
      return row === null ? undefined : listedOf(row);
    },
    findWorkshopId: async (cohortId) => {
      const row = await database.cohort.findUnique({
        where: { id: cohortId },
        select: { workshopId: true },
      });
      return row?.workshopId;
    },
  };
}

async function listDelivered(
  database: Database,
  { from, until }: { readonly from: Date; readonly until: Date },
): Promise<DeliveredCohort[]> {
  const rows = await database.cohort.findMany({
    where: { startsAt: { lte: until }, endsAt: { gte: from } },
    take: LIST_MAX,
    select: {
      ...{ workshopId: true, startsAt: true, endsAt: true, capacity: true, isDemo: true },
      _count: {
        select: {
          enrollments: {
            where: { sandboxes: { some: { phase: { notIn: ["failed", "destroying", "destroyed"] } } } },
          },
        },
      },
    },
  });
  return rows.map(({ capacity, _count, ...row }) => ({
    ...row,
    seatsLeft: Math.max(capacity - _count.enrollments, 0),
  }));
}

function createSeedRows(database: Database): Pick<CohortStore, "findDemo" | "renewDemo" | "upsertWorkshops"> {
  return {
    findDemo: async (workshopId, now) => {
      const row = await database.cohort.findFirst({
        where: { isDemo: true, workshopId },
        orderBy: { createdAt: "asc" },
        select: listedColumns(now),
      });
      return row === null ? undefined : listedOf(row);
    },
    renewDemo: async (cohortId, { startsAt, endsAt, homeworkUntil }) => {
      await database.cohort.update({ where: { id: cohortId }, data: { startsAt, endsAt, homeworkUntil } });
    },
    upsertWorkshops: async (workshops, now) => {
      await database.$transaction(
        workshops.map(({ workshopId, title }) =>
          database.workshop.upsert({
            where: { id: workshopId },
            create: { id: workshopId, title, seenAt: now },
            update: { title, seenAt: now },
          }),
        ),
      );
    },
  };
}

function createJoinCodeRows(
  database: Database,
): Pick<CohortStore, "findByJoinCode" | "replaceJoinCode" | "revokeJoinCodes"> {
  return {
    findByJoinCode: async (code) => {
      const row = await database.joinCode.findUnique({
        where: { code },
        select: {
          code: true,
          cohortId: true,
          expiresAt: true,
          revokedAt: true,
          cohort: { select: COHORT_COLUMNS },
        },
      });
      if (row === null) return undefined;
      const { cohort, ...joinCode } = row;
      return { code: joinCode, cohort: cohortOf(cohort) };
    },
    replaceJoinCode: async ({ cohortId, code, expiresAt, now }) => {
      try {
        await database.$transaction([
          database.joinCode.updateMany({ where: { cohortId, revokedAt: null }, data: { revokedAt: now } }),
          database.joinCode.create({ data: { code, cohortId, createdAt: now, expiresAt } }),
        ]);
        return true;
      } catch (error) {
        if (isUniqueViolation(error)) return false;
        throw error;
      }
    },
    revokeJoinCodes: async (cohortId, now) => {
      await database.joinCode.updateMany({ where: { cohortId, revokedAt: null }, data: { revokedAt: now } });
    },
  };
}

function listedColumns(now: Date) {
  return {
    ...COHORT_COLUMNS,
    joinCodes: {
      where: { revokedAt: null, expiresAt: { gt: now } },
      orderBy: { createdAt: "desc" },
      take: 1,
      select: { code: true, expiresAt: true },
    },
    _count: { select: { enrollments: { where: { role: "attendee", withdrawnAt: null } } } },
  } as const;
}

function listedOf(
  row: Parameters<typeof cohortOf>[0] & {
    joinCodes: { code: string; expiresAt: Date }[];
    _count: { enrollments: number };
  },
): ListedCohort {
  return {
    ...cohortOf(row),
    attendeeCount: row._count.enrollments,
    liveCode: row.joinCodes[0] ?? null,
  };
}
