import type { IssueAuthSession } from "../accounts/auth-sessions";
import type { FindEnrollment } from "../platform/actor";
import type { AuditTrail } from "../platform/audit";
import type { Clock } from "../platform/clock";
import type { Database } from "../platform/database/database";
import type { EventBus } from "../platform/events";
import type { Logger } from "../platform/logger";
import type { RateLimits } from "../platform/rate-limits";
import { createCohortStore, type CohortStore, type DeliveredCohort } from "./cohort-store";
import { createCohort } from "./create-cohort";
import { createEnrollmentStore, type AttendanceRecord, type EnrollmentStore } from "./enrollment-store";
import { ensureDemoCohorts, type DemoCohort } from "./ensure-demo-cohorts";
import { findTaughtCohort } from "./instruct-cohort";
import { issueJoinCode } from "./issue-join-code";
import { joinCohort, type JoinLimits } from "./join-cohort";
import { listCohorts, listWorkshops } from "./list-cohorts";
import type { ReadCapacity, ReadProgress, ReadSandboxStates, WorkshopCatalog } from "./ports";
import { createPresence, type TouchEnrollment } from "./presence";
import { readBoard } from "./read-board";
import { readEnrollment, readMine } from "./read-enrollment";
import { readRejoinCode } from "./read-rejoin-code";
import { rejoinCohort } from "./rejoin-cohort";
import { replaceJoinCode } from "./replace-join-code";
import { revokeJoinCode } from "./revoke-join-code";
import { createCohortsRouter } from "./router";
import { watchBoard } from "./watch-board";

export interface CohortsOptions {
  readonly database: Database;
  readonly rateLimits: RateLimits;
  readonly audit: AuditTrail;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly catalog: WorkshopCatalog;
  readonly readProgress: ReadProgress;
  readonly readSandboxStates: ReadSandboxStates;
  readonly readCapacity: ReadCapacity;
  readonly issueAuthSession: IssueAuthSession;
  /** Rejoin codes are derived from it: after a change old ones work until they are shown again. */
  readonly secret: string;
}

/** The cohorts room, put together. */
export interface Cohorts {
  readonly router: ReturnType<typeof createCohortsRouter>;
  /** Each call counts as a sign of life. */
  readonly findEnrollment: FindEnrollment;
  /** Undefined for a cohort that does not exist. */
  readonly findWorkshopOfCohort: (cohortId: string) => Promise<string | undefined>;
  /** Who is behind an enrollment; undefined when it is gone. */
  readonly findAttendance: (enrollmentId: string) => Promise<AttendanceRecord | undefined>;
  /** Cohorts that are on at some instant of the window. */
  readonly listDelivered: (window: {
    readonly from: Date;
    readonly until: Date;
  }) => Promise<readonly DeliveredCohort[]>;
  readonly touchEnrollment: TouchEnrollment;
  /** Makes the catalog's workshops known to the database; before `ensureDemoCohorts`. */
  readonly ensureWorkshops: () => Promise<void>;
  readonly ensureDemoCohorts: () => Promise<readonly DemoCohort[]>;
}

interface Wired extends CohortsOptions {
  readonly cohorts: CohortStore;
  readonly enrollments: EnrollmentStore;
  readonly touchEnrollment: TouchEnrollment;
}

export function createCohorts(options: CohortsOptions): Cohorts {
  const cohorts = createCohortStore(options.database);
  const enrollments = createEnrollmentStore(options.database);
  const touchEnrollment = createPresence({ ...options, enrollments });
  const wired: Wired = { ...options, cohorts, enrollments, touchEnrollment };
  return {
    router: createCohortsRouter(createUseCases(wired)),
    findEnrollment: async (actor, cohortId) => {
      const grant = await enrollments.findGrant(actor.accountId, cohortId);
      if (grant !== undefined) touchEnrollment(grant.enrollmentId);
      return grant;
    },
    findWorkshopOfCohort: (cohortId) => cohorts.findWorkshopId(cohortId),
    findAttendance: (enrollmentId) => enrollments.findAttendance(enrollmentId),
    listDelivered: (window) => cohorts.listDelivered(window),
    touchEnrollment,
    ensureWorkshops: () =>
      cohorts.upsertWorkshops(options.catalog.workshops(), new Date(options.clock.nowMs())),
    ensureDemoCohorts: ensureDemoCohorts({ ...wired, issueJoinCode: issueJoinCode(wired) }),
  };
}

function createUseCases(wired: Wired): Parameters<typeof createCohortsRouter>[0] {
  const taught = { ...wired, findTaughtCohort: findTaughtCohort(wired), issueJoinCode: issueJoinCode(wired) };
  const board = readBoard(taught);
  const limits = createJoinLimits(wired.rateLimits);
  return {
    join: joinCohort({ ...wired, limits: limits.join }),
    rejoin: rejoinCohort({ ...wired, limits: limits.rejoin }),
    readRejoinCode: readRejoinCode(wired),
    readMine: readMine(wired),
    readEnrollment: readEnrollment(wired),
    listCohorts: listCohorts(wired),
    listWorkshops: listWorkshops(wired.catalog),
    createCohort: createCohort(taught),
    readBoard: board,
    watchBoard: watchBoard({ readBoard: board, events: wired.events, clock: wired.clock }),
    replaceJoinCode: replaceJoinCode(taught),
    revokeJoinCode: revokeJoinCode(taught),
    issueAuthSession: wired.issueAuthSession,
  };
}

/** The numbers are argued for in docs/adr/0008-codes-and-sign-in.md. */
function createJoinLimits(rateLimits: RateLimits): {
  readonly join: JoinLimits;
  readonly rejoin: Omit<JoinLimits, "codeAttempts">;
} {
  const failures = { failuresMax: 10, windowSeconds: 60, blockSecondsMax: 3_600 };
  const attempts = { attemptsMax: 200, windowSeconds: 10 };
  return {
    join: {
      attempts: rateLimits.limitAttempts({ name: "join-attempt", ...attempts }),
      failures: rateLimits.limitFailures({ name: "join-address", ...failures }),
      codeAttempts: rateLimits.limitAttempts({ name: "join-code", attemptsMax: 600, windowSeconds: 60 }),
    },
    rejoin: {
      attempts: rateLimits.limitAttempts({ name: "rejoin-attempt", ...attempts }),
      failures: rateLimits.limitFailures({ name: "rejoin-address", ...failures }),
    },
  };
}
