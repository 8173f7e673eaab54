import type { Catalog, Lab, Step, Workshop } from "../labs/catalog";
import type { Actor, FindEnrollment } from "../platform/actor";
import { AppError } from "../platform/errors";
import type { AttemptStore, LabSessionRecord } from "./attempt-store";

export interface FindLabDeps {
  readonly store: Pick<AttemptStore, "findLabSession">;
  readonly catalog: Catalog;
  readonly findEnrollment: FindEnrollment;
  readonly findWorkshopOfCohort: (cohortId: string) => Promise<string | undefined>;
}

export interface CohortLab {
  readonly enrollmentId: string;
  readonly workshop: Workshop;
  readonly lab: Lab;
}

/**
 * The lab that an actor means by a cohort and a lab's id.
 * @throws AppError `cohort.not-found` when the actor is not in the cohort, `lab.not-found` when the cohort has no such lab.
 */
export async function findLabOfCohort(
  deps: Omit<FindLabDeps, "store">,
  actor: Actor,
  { cohortId, labId }: { readonly cohortId: string; readonly labId: string },
): Promise<CohortLab> {
  const grant = await deps.findEnrollment(actor, cohortId);
  if (grant === undefined) throw new AppError("cohort.not-found", "actor has no enrollment in it");
  const workshopId = await deps.findWorkshopOfCohort(cohortId);
  const workshop = workshopId === undefined ? undefined : deps.catalog.findWorkshop(workshopId);
  const lab = workshop === undefined ? undefined : deps.catalog.findLab(workshop.workshopId, labId);
  if (workshop === undefined || lab === undefined) {
    throw new AppError("lab.not-found", "the cohort's workshop has no such lab", { details: { labId } });
  }
  return { enrollmentId: grant.enrollmentId, workshop, lab };
}

export interface OwnStep {
  readonly labSession: LabSessionRecord;
  readonly lab: Lab;
  readonly step: Step;
}

/**
 * A step of a lab session that belongs to the actor.
 * @throws AppError `lab.not-found`, also for a lab session of somebody else; `step.not-found`.
 */
export async function findOwnStep(
  deps: FindLabDeps,
  actor: Actor,
  { labSessionId, stepId }: { readonly labSessionId: string; readonly stepId: string },
): Promise<OwnStep> {
  const labSession = await deps.store.findLabSession(labSessionId);
  const grant = labSession && (await deps.findEnrollment(actor, labSession.cohortId));
  if (labSession === undefined || grant?.enrollmentId !== labSession.enrollmentId) {
    throw new AppError("lab.not-found", "no lab session of this actor", { details: { labSessionId } });
  }
  const workshopId = await deps.findWorkshopOfCohort(labSession.cohortId);
  const lab = workshopId === undefined ? undefined : deps.catalog.findLab(workshopId, labSession.labId);
  if (lab === undefined) throw new AppError("lab.not-found", "the lab is no longer in the catalog");
  const step = lab.steps.find((each) => each.stepId === stepId);
  if (step === undefined) throw new AppError("step.not-found", "no such step", { details: { stepId } });
  return { labSession, lab, step };
}
