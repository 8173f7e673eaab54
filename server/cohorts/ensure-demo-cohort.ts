import type { Clock } from "../platform/clock";
import { SLEEP_AFTER_MINUTES_DEFAULT } from "../protocol/inputs";
import type { CohortStore } from "./cohort-store";
import type { IssueJoinCode } from "./issue-join-code";
import type { WorkshopCatalog } from "./ports";

const DAY_MS = 86_400_000;
const DEMO = { workshopId: "python-to-production", name: "Demo cohort", capacity: 20, days: 30 } as const;

/**
 * Makes sure that there is a cohort to try the platform with and resolves its join code; undefined when the catalog has
 * no workshop at all. Made once; one whose homework window has closed gets new dates, one without a live code a new code.
 */
export const ensureDemoCohort =
  (deps: {
    readonly cohorts: Pick<CohortStore, "findDemo" | "create" | "renewDemo">;
    readonly catalog: WorkshopCatalog;
    readonly issueJoinCode: IssueJoinCode;
    readonly clock: Clock;
  }) =>
  async (): Promise<{ cohortId: string; code: string } | undefined> => {
    const now = new Date(deps.clock.nowMs());
    const endsAt = new Date(now.getTime() + DEMO.days * DAY_MS);
    const dates = { startsAt: now, endsAt, homeworkUntil: endsAt };
    const known = await deps.cohorts.findDemo(now);
    if (known !== undefined) {
      const { cohortId, liveCode, homeworkUntil } = known;
      const hasEnded = homeworkUntil <= now;
      if (hasEnded) await deps.cohorts.renewDemo(cohortId, dates);
      const code =
        liveCode !== null && !hasEnded ? liveCode.code : await deps.issueJoinCode(cohortId, endsAt);
      return { cohortId, code };
    }
    const workshops = deps.catalog.workshops();
    const workshop = workshops.find(({ workshopId }) => workshopId === DEMO.workshopId) ?? workshops[0];
    if (workshop === undefined) return undefined;
    const cohortId = await deps.cohorts.create({
      ...dates,
      workshopId: workshop.workshopId,
      name: DEMO.name,
      capacity: DEMO.capacity,
      sleepAfterMinutes: SLEEP_AFTER_MINUTES_DEFAULT,
      isDemo: true,
      instructorAccountId: undefined,
      now,
    });
    return { cohortId, code: await deps.issueJoinCode(cohortId, endsAt) };
  };
