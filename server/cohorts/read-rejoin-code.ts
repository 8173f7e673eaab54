import type { Actor } from "../platform/actor";
import { cohortNotFound } from "./cohort";
import type { EnrollmentStore } from "./enrollment-store";
import { deriveRejoinCode, hashRejoinCode } from "./rejoin-code";

/** The actor's own rejoin code, again. @throws AppError `cohort.not-found` for everybody who has none there. */
export const readRejoinCode =
  (deps: {
    readonly enrollments: Pick<EnrollmentStore, "findGrant" | "keepRejoinHash">;
    readonly secret: string;
  }) =>
  async (actor: Actor, cohortId: string): Promise<{ rejoinCode: string }> => {
    const grant = await deps.enrollments.findGrant(actor.accountId, cohortId);
    if (grant === undefined || actor.role !== "attendee") throw cohortNotFound();
    const rejoinCode = deriveRejoinCode(deps.secret, grant.enrollmentId);
    // What is shown has to work, also after the secret was changed.
    await deps.enrollments.keepRejoinHash(grant.enrollmentId, hashRejoinCode(rejoinCode));
    return { rejoinCode };
  };
