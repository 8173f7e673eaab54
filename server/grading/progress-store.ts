import type { Database } from "../platform/database/database";
import type { Verdict } from "./attempt";

/** One enrollment at one step, as the board reads it. */
export interface StepProgressRecord {
  readonly enrollmentId: string;
  readonly labId: string;
  readonly stepId: string;
  readonly openedAt: Date;
  readonly passedAt: Date | null;
  /** Attempts whose verdict was `failed`: `errored` ones are not the attendee's. */
  readonly failedCount: number;
  readonly attemptCount: number;
  readonly lastVerdict: Verdict | null;
  readonly lastAttemptAt: Date | null;
}

/** Reading of step progress across lab sessions. */
export interface ProgressStore {
  readByEnrollments(enrollmentIds: readonly string[]): Promise<readonly StepProgressRecord[]>;
}

export function createProgressStore(prisma: Database): ProgressStore {
  return {
    async readByEnrollments(enrollmentIds) {
      const rows = await prisma.stepProgress.findMany({
        where: { labSession: { enrollmentId: { in: [...enrollmentIds] } } },
        select: {
          stepId: true,
          openedAt: true,
          passedAt: true,
          failedCount: true,
          attemptCount: true,
          lastVerdict: true,
          lastAttemptAt: true,
          labSession: { select: { enrollmentId: true, labId: true } },
        },
      });
      return rows.map(({ labSession, ...row }) => ({ ...labSession, ...row }));
    },
  };
}
