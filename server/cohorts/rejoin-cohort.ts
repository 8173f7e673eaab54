import type { AuditTrail } from "../platform/audit";
import { clientKeyOf } from "../platform/client-key";
import { AppError } from "../platform/errors";
import type { AttemptLimit, FailureLimit } from "../platform/rate-limits";
import type { EnrollmentStore } from "./enrollment-store";
import { hashRejoinCode } from "./rejoin-code";
import type { JoinedPerson } from "./join-cohort";

export interface RejoinLimits {
  readonly attempts: AttemptLimit;
  readonly failures: FailureLimit;
}

/**
 * Whom a rejoin code signs in. It works as long as the enrollment does, on any device, any number of times.
 *
 * @throws AppError `rejoin-code.invalid` for every code that opens nothing, whatever the reason; `request.rate-limited`.
 */
export const rejoinCohort =
  (deps: {
    readonly enrollments: Pick<EnrollmentStore, "findByRejoinHash" | "findHomeworkEnd">;
    readonly limits: RejoinLimits;
    readonly audit: AuditTrail;
  }) =>
  async (code: string, address: string): Promise<Omit<JoinedPerson, "rejoinCode">> => {
    const client = clientKeyOf(address);
    await deps.limits.attempts.takeAttempt(client);
    await deps.limits.failures.assertMay(client);
    const found = await deps.enrollments.findByRejoinHash(hashRejoinCode(code));
    // An attendee who was made an instructor since has to use what instructors use.
    if (found?.accountRole !== "attendee") {
      await deps.limits.failures.recordFailure(client);
      throw new AppError("rejoin-code.invalid", "no enrollment has this rejoin code");
    }
    const { cohortId, accountId, accountRole: role, enrollmentId } = found;
    await deps.audit.record({
      action: "cohort.rejoined",
      actorAccountId: accountId,
      subject: enrollmentId,
      details: { address },
    });
    const until = (await deps.enrollments.findHomeworkEnd(accountId)) ?? new Date(0);
    return { cohortId, account: { accountId, role }, until };
  };
