import { z } from "zod";
import type { Database } from "../platform/database/database";
import { capEvidence, type Attempt, type CheckResult, type Verdict } from "./attempt";

/** A lab session with what a screen or a runner needs to know of it. */
export interface LabSessionRecord {
  readonly labSessionId: string;
  readonly enrollmentId: string;
  readonly cohortId: string;
  readonly labId: string;
  readonly finishedAt: Date | null;
}

export interface StepRecord {
  readonly stepId: string;
  readonly passedAt: Date | null;
  readonly hintCount: number;
  readonly solutionShownAt: Date | null;
}

export interface NewAttempt {
  readonly labSessionId: string;
  readonly stepId: string;
  readonly sandboxId: string | null;
  readonly verdict: Verdict;
  readonly trigger: "attendee" | "automatic";
  readonly checks: readonly CheckResult[];
  readonly labHash: string;
  readonly startedAt: Date;
  readonly durationMs: number;
  /** Every step of the lab: when all of them are passed, the lab session is finished. */
  readonly allStepIds: readonly string[];
}

/** Lab sessions, their steps and attempts. */
export interface AttemptStore {
  /** The lab session of an enrollment and a lab, made when there is none. Any number at once make one. */
  openLabSession(enrollmentId: string, labId: string): Promise<LabSessionRecord>;
  findLabSession(labSessionId: string): Promise<LabSessionRecord | undefined>;
  findLabSessionOf(enrollmentId: string, labId: string): Promise<LabSessionRecord | undefined>;
  listSteps(labSessionId: string): Promise<readonly StepRecord[]>;
  /** The newest attempt of each step that has any. */
  listLastAttempts(labSessionId: string): Promise<readonly Attempt[]>;
  /** Idempotent. Answers whether it was the first time. */
  openStep(labSessionId: string, stepId: string): Promise<boolean>;
  /** One hint more, up to `hintCountMax`; answers how many are unfolded now. */
  revealHint(
    step: { readonly labSessionId: string; readonly stepId: string },
    hintCountMax: number,
  ): Promise<number>;
  /** Keeps when it was first shown. */
  revealSolution(labSessionId: string, stepId: string, at: Date): Promise<void>;
  /**
   * Writes the attempt and what follows from it in one transaction: counts, `passedAt` (once set it stays) and, with the
   * last step passed, the lab session's end.
   */
  recordAttempt(attempt: NewAttempt): Promise<Attempt>;
}

const checkResults = z.array(
  z.object({
    checkId: z.string(),
    title: z.string(),
    verdict: z.enum(["passed", "failed", "errored"]),
    expected: z.string(),
    seen: z.string(),
    hint: z.string().nullable(),
    evidence: z.unknown(),
  }),
);

const SESSION_FIELDS = {
  id: true,
  enrollmentId: true,
  labId: true,
  finishedAt: true,
  enrollment: { select: { cohortId: true } },
} as const;

export function createAttemptStore(prisma: Database): AttemptStore {
  return {
    async openLabSession(enrollmentId, labId) {
      await prisma.labSession.createMany({ data: [{ enrollmentId, labId }], skipDuplicates: true });
      const where = { enrollmentId_labId: { enrollmentId, labId } };
      return sessionOf(await prisma.labSession.findUniqueOrThrow({ where, select: SESSION_FIELDS }));
    },
    async findLabSession(labSessionId) {
      const row = await prisma.labSession.findUnique({ where: { id: labSessionId }, select: SESSION_FIELDS });
      return row === null ? undefined : sessionOf(row);
    },
    async findLabSessionOf(enrollmentId, labId) {
      const where = { enrollmentId_labId: { enrollmentId, labId } };
      const row = await prisma.labSession.findUnique({ where, select: SESSION_FIELDS });
      return row === null ? undefined : sessionOf(row);
    },
    listSteps: (labSessionId) =>
      prisma.stepProgress.findMany({
        where: { labSessionId },
        select: { stepId: true, passedAt: true, hintCount: true, solutionShownAt: true },
      }),
    async listLastAttempts(labSessionId) {
      const rows = await prisma.attempt.findMany({
        where: { labSessionId },
        distinct: ["stepId"],
        orderBy: [{ stepId: "asc" }, { createdAt: "desc" }],
      });
      return rows.map(attemptOf);
    },
    async openStep(labSessionId, stepId) {
      const made = await prisma.stepProgress.createMany({
        data: [{ labSessionId, stepId }],
        skipDuplicates: true,
      });
      return made.count > 0;
    },
    async revealHint({ labSessionId, stepId }, hintCountMax) {
      await prisma.stepProgress.createMany({ data: [{ labSessionId, stepId }], skipDuplicates: true });
      await prisma.stepProgress.updateMany({
        where: { labSessionId, stepId, hintCount: { lt: hintCountMax } },
        data: { hintCount: { increment: 1 } },
      });
      const where = { labSessionId_stepId: { labSessionId, stepId } };
      return (await prisma.stepProgress.findUniqueOrThrow({ where })).hintCount;
    },
    async revealSolution(labSessionId, stepId, at) {
      await prisma.stepProgress.createMany({ data: [{ labSessionId, stepId }], skipDuplicates: true });
      await prisma.stepProgress.updateMany({
        where: { labSessionId, stepId, solutionShownAt: null },
        data: { solutionShownAt: at },
      });
    },
    recordAttempt: (attempt) => recordAttempt(prisma, attempt),
  };
}

async function recordAttempt(prisma: Database, attempt: NewAttempt): Promise<Attempt> {
  const { labSessionId, stepId, verdict, allStepIds, checks, ...rest } = attempt;
  return prisma.$transaction(async (transaction) => {
    // One at a time for each lab session: two last steps passed at once must not both miss the end.
    await transaction.$queryRaw`select 1 from "LabSession" where id = ${labSessionId}::uuid for update`;
    const data = {
      labSessionId,
      stepId,
      verdict,
      ...rest,
      checks: jsonOf(capEvidence(checks)),
    };
    const row = await transaction.attempt.create({ data });
    const step = { labSessionId, stepId };
    const at = row.createdAt;
    await transaction.stepProgress.createMany({ data: [{ ...step, openedAt: at }], skipDuplicates: true });
    await transaction.stepProgress.updateMany({
      where: step,
      data: {
        attemptCount: { increment: 1 },
        failedCount: { increment: verdict === "failed" ? 1 : 0 },
        lastVerdict: verdict,
        lastAttemptAt: at,
      },
    });
    if (verdict === "passed") {
      await transaction.stepProgress.updateMany({
        where: { ...step, passedAt: null },
        data: { passedAt: at },
      });
      const passedCount = await transaction.stepProgress.count({
        where: { labSessionId, stepId: { in: [...allStepIds] }, passedAt: { not: null } },
      });
      if (passedCount === allStepIds.length) {
        const where = { id: labSessionId, finishedAt: null };
        await transaction.labSession.updateMany({ where, data: { finishedAt: at } });
      }
    }
    return attemptOf(row);
  });
}

/** What Postgres keeps as JSON: a sandbox's text may hold NUL and halves of characters, which it refuses. */
function jsonOf(checks: readonly CheckResult[]): object[] {
  const text = JSON.stringify(checks).replace(/\\(\\|u0000|ud[89a-f][0-9a-f]{2})/g, (whole, escaped) =>
    escaped === "\\" ? whole : "\\ufffd",
  );
  return JSON.parse(text) as object[];
}

interface SessionRow {
  readonly id: string;
  readonly enrollmentId: string;
  readonly labId: string;
  readonly finishedAt: Date | null;
  readonly enrollment: { readonly cohortId: string };
}

function sessionOf({ id, enrollment, ...row }: SessionRow): LabSessionRecord {
  return { labSessionId: id, cohortId: enrollment.cohortId, ...row };
}

interface AttemptRow extends Omit<Attempt, "attemptId" | "checks" | "at"> {
  readonly id: string;
  readonly checks: unknown;
  readonly createdAt: Date;
}

function attemptOf(row: AttemptRow): Attempt {
  return {
    attemptId: row.id,
    labSessionId: row.labSessionId,
    stepId: row.stepId,
    verdict: row.verdict,
    trigger: row.trigger,
    checks: checkResults.parse(row.checks),
    at: row.createdAt,
    durationMs: row.durationMs,
  };
}
