import type { Actor } from "../platform/actor";
import type { AuditTrail } from "../platform/audit";
import { clientKeyOf } from "../platform/client-key";
import type { Clock } from "../platform/clock";
import { AppError } from "../platform/errors";
import type { EventBus } from "../platform/events";
import type { Logger } from "../platform/logger";
import type { AttemptLimit, FailureLimit } from "../platform/rate-limits";
import type { JoinInput } from "../protocol/inputs";
import type { Cohort } from "./cohort";
import type { CohortStore } from "./cohort-store";
import type { EnrolledPerson } from "./enrol-transaction-store";
import type { EnrollmentStore } from "./enrollment-store";
import { isJoinCodeLive } from "./join-code";
import { deriveRejoinCode, hashDeviceKey, hashRejoinCode } from "./rejoin-code";

export interface JoinLimits {
  /** Every try of an address, to bound how many guesses run side by side. */
  readonly attempts: AttemptLimit;
  /** Codes that nobody has, per address. */
  readonly failures: FailureLimit;
  /** Every try of a known code. */
  readonly codeAttempts: AttemptLimit;
}

export interface JoinCohortDeps {
  readonly cohorts: Pick<CohortStore, "findByJoinCode">;
  readonly enrollments: Pick<EnrollmentStore, "enrol" | "findHomeworkEnd" | "keepRejoinHash">;
  readonly limits: JoinLimits;
  readonly events: EventBus;
  readonly audit: AuditTrail;
  readonly clock: Clock;
  readonly log: Logger;
  readonly secret: string;
}

export interface JoinedPerson {
  readonly cohortId: string;
  /** Null for accounts that may teach: they sign in with their password. */
  readonly rejoinCode: string | null;
  readonly account: { readonly accountId: string; readonly role: EnrolledPerson["accountRole"] };
  /** Until when the person should stay signed in. */
  readonly until: Date;
}

/**
 * Enrols whoever knows the code. One person, one enrollment: who is signed in is found by their account, everybody else
 * by the key that their browser made, under any number of calls at once.
 *
 * @throws AppError `join-code.invalid`, `join-code.expired`, `cohort.full`, `request.rate-limited`.
 */
export const joinCohort =
  (deps: JoinCohortDeps) =>
  async (input: JoinInput, actor: Actor | null, address: string): Promise<JoinedPerson> => {
    const client = clientKeyOf(address);
    const cohort = await findCohort(deps, input.code, client);
    const now = new Date(deps.clock.nowMs());
    const enrolled = await deps.enrollments.enrol({
      cohortId: cohort.cohortId,
      accountId: actor?.accountId,
      deviceKeyHash: hashDeviceKey(input.deviceKey),
      displayName: input.displayName,
      email: input.email,
      rejoinCodeHashOf: (enrollmentId) => hashRejoinCode(deriveRejoinCode(deps.secret, enrollmentId)),
      now,
    });
    if (enrolled.outcome === "full") {
      throw new AppError("cohort.full", "every place is taken", { details: { cohortId: cohort.cohortId } });
    }
    const { accountId, accountRole, enrollmentId } = enrolled.enrollment;
    await deps.events.publish({ kind: "enrollment.changed", enrollmentId, cohortId: cohort.cohortId });
    if (enrolled.isNew) {
      await deps.limits.failures.forgiveFailure(client);
      const details = { address, cohortId: cohort.cohortId };
      await deps.audit.record({
        action: "cohort.joined",
        actorAccountId: accountId,
        subject: enrollmentId,
        details,
      });
    }
    const rejoinCode = accountRole === "attendee" ? deriveRejoinCode(deps.secret, enrollmentId) : null;
    if (rejoinCode !== null && !enrolled.isNew) {
      await deps.enrollments.keepRejoinHash(enrollmentId, hashRejoinCode(rejoinCode));
    }
    return {
      cohortId: cohort.cohortId,
      rejoinCode,
      account: { accountId, role: accountRole },
      until: (await deps.enrollments.findHomeworkEnd(accountId)) ?? cohort.homeworkUntil,
    };
  };

async function findCohort(
  { cohorts, limits, clock, log }: JoinCohortDeps,
  code: string,
  client: string,
): Promise<Cohort> {
  await limits.attempts.takeAttempt(client);
  await limits.failures.assertMay(client);
  const found = await cohorts.findByJoinCode(code);
  if (found === undefined) {
    await limits.failures.recordFailure(client);
    log.info("join-code.unknown", { client });
    throw new AppError("join-code.invalid", "no cohort has this code");
  }
  const { cohort } = found;
  await limits.codeAttempts.takeAttempt(cohort.cohortId);
  // That a dead code existed is worth nothing to a guesser, and everything to a late-comer with yesterday's slide.
  if (!isJoinCodeLive(found.code, cohort.homeworkUntil, clock.nowMs())) {
    throw new AppError("join-code.expired", "the code has expired or was revoked", {
      details: { cohortId: cohort.cohortId },
    });
  }
  return cohort;
}
