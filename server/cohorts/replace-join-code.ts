import type { Actor } from "../platform/actor";
import type { AuditTrail } from "../platform/audit";
import type { Clock } from "../platform/clock";
import type { ReplaceJoinCodeInput } from "../protocol/inputs";
import type { FindTaughtCohort } from "./instruct-cohort";
import type { IssueJoinCode } from "./issue-join-code";

const HOUR_MS = 3_600_000;

/** Ends the cohort's code and makes another. Whoever is in stays in. @throws AppError `cohort.not-found` */
export const replaceJoinCode =
  (deps: {
    readonly findTaughtCohort: FindTaughtCohort;
    readonly issueJoinCode: IssueJoinCode;
    readonly audit: AuditTrail;
    readonly clock: Clock;
  }) =>
  async (actor: Actor, { cohortId, hoursValid }: ReplaceJoinCodeInput): Promise<{ code: string }> => {
    await deps.findTaughtCohort(actor, cohortId);
    const code = await deps.issueJoinCode(cohortId, new Date(deps.clock.nowMs() + hoursValid * HOUR_MS));
    await deps.audit.record({
      action: "join-code.replaced",
      actorAccountId: actor.accountId,
      subject: cohortId,
      details: { hoursValid },
    });
    return { code };
  };
