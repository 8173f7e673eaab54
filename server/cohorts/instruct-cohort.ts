import type { Actor } from "../platform/actor";
import type { Clock } from "../platform/clock";
import { cohortNotFound, mayInstruct } from "./cohort";
import type { CohortStore, ListedCohort } from "./cohort-store";
import type { EnrollmentStore } from "./enrollment-store";

/** The cohort, for somebody who teaches it. Rejects alike for one that is missing and one that is not theirs. */
export type FindTaughtCohort = (actor: Actor, cohortId: string) => Promise<ListedCohort>;

/** @throws AppError `cohort.not-found` unless the actor teaches the cohort. */
export const findTaughtCohort =
  (deps: {
    readonly cohorts: Pick<CohortStore, "find">;
    readonly enrollments: Pick<EnrollmentStore, "findGrant">;
    readonly clock: Clock;
  }): FindTaughtCohort =>
  async (actor, cohortId) => {
    const grant =
      actor.role === "admin" ? undefined : await deps.enrollments.findGrant(actor.accountId, cohortId);
    if (!mayInstruct(actor, grant?.role)) throw cohortNotFound();
    const cohort = await deps.cohorts.find(cohortId, new Date(deps.clock.nowMs()));
    if (cohort === undefined) throw cohortNotFound();
    return cohort;
  };
