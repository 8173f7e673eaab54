import type { Clock } from "../platform/clock";
import { SLEEP_AFTER_MINUTES_DEFAULT } from "../protocol/inputs";
import type { CohortStore } from "./cohort-store";
import type { IssueJoinCode } from "./issue-join-code";
import type { WorkshopCatalog } from "./ports";

/** A cohort to try the platform with. */
export interface DemoCohort {
  readonly cohortId: string;
  readonly workshopTitle: string;
  readonly code: string;
}

export interface EnsureDemoCohortsDeps {
  readonly cohorts: Pick<CohortStore, "findDemo" | "create" | "renewDemo">;
  readonly catalog: WorkshopCatalog;
  readonly issueJoinCode: IssueJoinCode;
  readonly clock: Clock;
}

const DAY_MS = 86_400_000;
const DEMO = { capacity: 20, days: 30 } as const;
/** The first one is for everybody; the second needs a machine that can run a cluster. */
const DEMO_COHORTS = [
  { workshopId: "python-to-production", name: "Demo cohort" },
  { workshopId: "django-on-kubernetes", name: "Demo cohort with a cluster" },
] as const;

/**
 * Makes sure that there are cohorts to try the platform with and resolves them with their join codes, the one for everybody
 * first; none when the catalog has no workshop at all. Made once; one whose homework window has closed gets new dates, one without
 * a live code a new code.
 */
export const ensureDemoCohorts =
  (deps: EnsureDemoCohortsDeps) => async (): Promise<readonly DemoCohort[]> => {
    const workshops = deps.catalog.workshops();
    const wanted = DEMO_COHORTS.flatMap(({ workshopId, name }) => {
      const workshop = workshops.find((each) => each.workshopId === workshopId);
      return workshop === undefined ? [] : [{ workshop, name }];
    });
    const [any] = workshops;
    if (wanted.length === 0 && any !== undefined) wanted.push({ workshop: any, name: DEMO_COHORTS[0].name });
    const made: DemoCohort[] = [];
    for (const { workshop, name } of wanted) {
      const cohort = await ensureDemoCohort(deps, { workshopId: workshop.workshopId, name });
      made.push({ ...cohort, workshopTitle: workshop.title });
    }
    return made;
  };

async function ensureDemoCohort(
  { cohorts, issueJoinCode, clock }: EnsureDemoCohortsDeps,
  demo: { readonly workshopId: string; readonly name: string },
): Promise<{ cohortId: string; code: string }> {
  const now = new Date(clock.nowMs());
  const endsAt = new Date(now.getTime() + DEMO.days * DAY_MS);
  const dates = { startsAt: now, endsAt, homeworkUntil: endsAt };
  const known = await cohorts.findDemo(demo.workshopId, now);
  if (known !== undefined) {
    const { cohortId, liveCode, homeworkUntil } = known;
    const hasEnded = homeworkUntil <= now;
    if (hasEnded) await cohorts.renewDemo(cohortId, dates);
    const code = liveCode !== null && !hasEnded ? liveCode.code : await issueJoinCode(cohortId, endsAt);
    return { cohortId, code };
  }
  const cohortId = await cohorts.create({
    ...dates,
    ...demo,
    capacity: DEMO.capacity,
    isDemo: true,
    instructorAccountId: undefined,
    sleepAfterMinutes: SLEEP_AFTER_MINUTES_DEFAULT,
    now,
  });
  return { cohortId, code: await issueJoinCode(cohortId, endsAt) };
}
