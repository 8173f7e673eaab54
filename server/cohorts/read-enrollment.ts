import type { Actor } from "../platform/actor";
import type { EnrollmentView, LabSummary } from "../protocol/views";
import { cohortNotFound } from "./cohort";
import type { EnrollmentRecord, EnrollmentStore } from "./enrollment-store";
import type { ProgressRecord, ReadProgress, WorkshopCatalog } from "./ports";
import type { TouchEnrollment } from "./presence";

export interface ReadEnrollmentDeps {
  readonly enrollments: Pick<EnrollmentStore, "listOfAccount" | "findOfAccount">;
  readonly catalog: WorkshopCatalog;
  readonly readProgress: ReadProgress;
}

/** Every cohort that the actor is in, newest first. */
export const readMine =
  (deps: ReadEnrollmentDeps) =>
  async (actor: Actor): Promise<EnrollmentView[]> =>
    viewsOf(deps, await deps.enrollments.listOfAccount(actor.accountId));

/** One cohort as the actor sees it; asking is a sign of life. @throws AppError `cohort.not-found` when they are not in it. */
export const readEnrollment =
  (deps: ReadEnrollmentDeps & { readonly touchEnrollment: TouchEnrollment }) =>
  async (actor: Actor, cohortId: string): Promise<EnrollmentView> => {
    const record = await deps.enrollments.findOfAccount(actor.accountId, cohortId);
    const [view] = record === undefined ? [] : await viewsOf(deps, [record]);
    if (view === undefined) throw cohortNotFound();
    deps.touchEnrollment(view.enrollmentId);
    return view;
  };

async function viewsOf(
  { catalog, readProgress }: ReadEnrollmentDeps,
  records: readonly EnrollmentRecord[],
): Promise<EnrollmentView[]> {
  if (records.length === 0) return [];
  const progress = await readProgress(records.map(({ enrollmentId }) => enrollmentId));
  return records.map(({ enrollmentId, role, displayName, cohort }) => ({
    enrollmentId,
    cohortId: cohort.cohortId,
    cohortName: cohort.name,
    workshopTitle: cohort.workshopTitle,
    role,
    displayName,
    startsAt: cohort.startsAt,
    homeworkUntil: cohort.homeworkUntil,
    labs: summariesOf(
      catalog,
      cohort.workshopId,
      progress.filter((record) => record.enrollmentId === enrollmentId),
    ),
  }));
}

/** A workshop that is no longer in the catalog has no labs to show. */
function summariesOf(
  catalog: WorkshopCatalog,
  workshopId: string,
  progress: readonly ProgressRecord[],
): LabSummary[] {
  const workshop = catalog.workshops().find((candidate) => candidate.workshopId === workshopId);
  return (workshop?.labs ?? []).map(({ labId, title, minutes, steps }) => {
    const passed = progress.filter((record) => record.labId === labId && record.passedAt !== null);
    const passedCount = steps.filter(({ stepId }) =>
      passed.some((record) => record.stepId === stepId),
    ).length;
    return { labId, title, minutes, stepCount: steps.length, passedCount };
  });
}
