import type { Actor } from "../platform/actor";
import { cohortNotFound } from "./cohort";
import type { EnrollmentStore } from "./enrollment-store";
import { deriveRejoinCode } from "./rejoin-code";

/** The actor's own rejoin code, again. @throws AppError `cohort.not-found` for everybody who has none there. */
export const readRejoinCode =
  (deps: { readonly enrollments: Pick<EnrollmentStore, "findGrant">; readonly secret: string }) =>
  async (actor: Actor, cohortId: string): Promise<{ rejoinCode: string }> => {
    const grant = await deps.enrollments.findGrant(actor.accountId, cohortId);
    if (grant === undefined || actor.role !== "attendee") throw cohortNotFound();
    return { rejoinCode: deriveRejoinCode(deps.secret, grant.enrollmentId) };
  };
