import type { Actor } from "../platform/actor";
import type { Clock } from "../platform/clock";
import type { CohortSummary, WorkshopSummary } from "../protocol/views";
import type { CohortStore } from "./cohort-store";
import type { WorkshopCatalog } from "./ports";

/** The cohorts that the actor teaches, newest first; all of them for an admin. */
export const listCohorts =
  (deps: { readonly cohorts: Pick<CohortStore, "list">; readonly clock: Clock }) =>
  async (actor: Actor): Promise<CohortSummary[]> => {
    const listed = await deps.cohorts.list({
      instructorAccountId: actor.role === "admin" ? undefined : actor.accountId,
      now: new Date(deps.clock.nowMs()),
    });
    return listed.map(({ cohortId, name, workshopTitle, startsAt, endsAt, ...rest }) => ({
      cohortId,
      name,
      workshopTitle,
      startsAt,
      endsAt,
      homeworkUntil: rest.homeworkUntil,
      capacity: rest.capacity,
      attendeeCount: rest.attendeeCount,
      joinCode: rest.liveCode?.code ?? null,
      isDemo: rest.isDemo,
    }));
  };

/** What cohorts can be made of. */
export const listWorkshops = (catalog: WorkshopCatalog) => (): WorkshopSummary[] =>
  catalog.workshops().map(({ workshopId, title, labs }) => ({ workshopId, title, labCount: labs.length }));
