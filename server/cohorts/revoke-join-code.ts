import type { Actor } from "../platform/actor";
import type { AuditTrail } from "../platform/audit";
import type { Clock } from "../platform/clock";
import type { CohortStore } from "./cohort-store";
import type { FindTaughtCohort } from "./instruct-cohort";

/** Closes the door: nobody new joins until there is another code. Idempotent. @throws AppError `cohort.not-found` */
export const revokeJoinCode =
  (deps: {
    readonly cohorts: Pick<CohortStore, "revokeJoinCodes">;
    readonly findTaughtCohort: FindTaughtCohort;
    readonly audit: AuditTrail;
    readonly clock: Clock;
  }) =>
  async (actor: Actor, cohortId: string): Promise<void> => {
    await deps.findTaughtCohort(actor, cohortId);
    await deps.cohorts.revokeJoinCodes(cohortId, new Date(deps.clock.nowMs()));
    await deps.audit.record({
      action: "join-code.revoked",
      actorAccountId: actor.accountId,
      subject: cohortId,
    });
  };
