import type { Actor } from "../platform/actor";
import type { AuditTrail } from "../platform/audit";
import type { Clock } from "../platform/clock";
import { AppError } from "../platform/errors";
import type { CreateCohortInput } from "../protocol/inputs";
import type { CohortStore } from "./cohort-store";
import type { IssueJoinCode } from "./issue-join-code";
import type { WorkshopCatalog } from "./ports";

/**
 * Schedules a delivery with the actor as its instructor and a join code that lives until the end of the workshop.
 *
 * @throws AppError `request.invalid` for a workshop that is not in the catalog or an end that is over.
 */
export const createCohort =
  (deps: {
    readonly cohorts: Pick<CohortStore, "create">;
    readonly catalog: WorkshopCatalog;
    readonly issueJoinCode: IssueJoinCode;
    readonly audit: AuditTrail;
    readonly clock: Clock;
  }) =>
  async (actor: Actor, input: CreateCohortInput): Promise<{ cohortId: string }> => {
    const now = new Date(deps.clock.nowMs());
    if (!deps.catalog.workshops().some(({ workshopId }) => workshopId === input.workshopId)) {
      throw refuse("There is no such workshop.");
    }
    if (input.endsAt <= now) throw refuse("The end has to be in the future.");
    const cohortId = await deps.cohorts.create({
      ...input,
      isDemo: false,
      instructorAccountId: actor.accountId,
      now,
    });
    await deps.issueJoinCode(cohortId, input.endsAt);
    await deps.audit.record({
      action: "cohort.created",
      actorAccountId: actor.accountId,
      subject: cohortId,
    });
    return { cohortId };
  };

function refuse(publicMessage: string): AppError {
  return new AppError("request.invalid", publicMessage, { publicMessage });
}
