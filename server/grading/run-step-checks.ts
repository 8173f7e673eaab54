import type { Lab, Step } from "../labs/catalog";
import type { Clock } from "../platform/clock";
import { AppError } from "../platform/errors";
import type { EventBus } from "../platform/events";
import type { Logger } from "../platform/logger";
import type { AttemptLimit } from "../platform/rate-limits";
import type { SandboxId } from "../sandboxes/sandbox";
import type { Attempt, CheckResult } from "./attempt";
import { verdictOf } from "./attempt";
import type { AttemptStore, LabSessionRecord } from "./attempt-store";
import type { EvaluateStep } from "./evaluate-step";

export interface StepRun {
  readonly labSession: LabSessionRecord;
  readonly lab: Pick<Lab, "labId" | "steps" | "hash">;
  readonly step: Step;
  readonly sandboxId: SandboxId | undefined;
}

export interface RunStepChecksDeps {
  readonly store: Pick<AttemptStore, "recordAttempt">;
  readonly evaluate: EvaluateStep;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly log: Logger;
  /** Consumed once for each run of a lab session; a press that joins a run in progress is free. */
  readonly limit: AttemptLimit;
}

export interface StepRunner {
  /**
   * Judges a step because its attendee asked, and records the attempt. A press while the same step is being judged joins
   * it; another step of the same lab session waits its turn.
   *
   * @throws AppError `request.rate-limited`
   */
  run(run: StepRun, signal: AbortSignal): Promise<Attempt>;
  /**
   * Judges a step once without waiting, and records an attempt only when it is passed. Undefined when it is not, or when a
   * run of this lab session is in progress.
   */
  tryPass(run: StepRun, signal: AbortSignal): Promise<Attempt | undefined>;
}

/** Never two judgements of one lab session at a time in this server. */
export function createStepRunner(deps: RunStepChecksDeps): StepRunner {
  const running = new Map<string, { readonly stepId: string; readonly attempt: Promise<unknown> }>();

  const occupy = <Value>(run: StepRun, work: () => Promise<Value>): Promise<Value> => {
    const { labSessionId } = run.labSession;
    const attempt = work().finally(() => {
      if (running.get(labSessionId) === entry) running.delete(labSessionId);
    });
    const entry = { stepId: run.step.stepId, attempt };
    running.set(labSessionId, entry);
    return attempt;
  };
  const presses = new Map<string, Promise<Attempt>>();

  return {
    run: (run, signal) => {
      const key = `${run.labSession.labSessionId}/${run.step.stepId}`;
      const joined = presses.get(key);
      if (joined !== undefined) return joined;
      const press = pressOnce(run, signal).finally(() => presses.delete(key));
      presses.set(key, press);
      return press;
    },
    tryPass: async (run, signal) => {
      if (running.has(run.labSession.labSessionId)) return undefined;
      return occupy(run, () => judgeAndRecord(deps, { ...run, trigger: "automatic" }, signal));
    },
  };

  async function pressOnce(run: StepRun, signal: AbortSignal): Promise<Attempt> {
    const { labSessionId } = run.labSession;
    await deps.limit.takeAttempt(labSessionId);
    // The limit bounds how many can queue here, and every run is bounded in time.
    for (let other = running.get(labSessionId); other !== undefined; other = running.get(labSessionId)) {
      await other.attempt.catch(() => undefined);
    }
    const attempt = await occupy(run, () => judgeAndRecord(deps, { ...run, trigger: "attendee" }, signal));
    if (attempt === undefined) throw new AppError("internal.unexpected", "a press left no attempt");
    return attempt;
  }
}

async function judgeAndRecord(
  deps: RunStepChecksDeps,
  run: StepRun & { readonly trigger: Attempt["trigger"] },
  signal: AbortSignal,
): Promise<Attempt | undefined> {
  const { step, sandboxId, trigger, lab, labSession } = run;
  const startedAtMs = deps.clock.nowMs();
  const mayWait = trigger === "attendee";
  const checks: readonly CheckResult[] = await deps.evaluate({ step, sandboxId, mayWait, signal });
  if (signal.aborted) throw new AppError("wait.aborted", "a run of checks was aborted");
  const verdict = verdictOf(checks);
  if (trigger === "automatic" && verdict !== "passed") return undefined;
  const durationMs = Math.max(0, Math.round(deps.clock.nowMs() - startedAtMs));
  const attempt = await deps.store.recordAttempt({
    labSessionId: labSession.labSessionId,
    stepId: step.stepId,
    sandboxId: sandboxId ?? null,
    verdict,
    trigger,
    checks,
    labHash: lab.hash,
    startedAt: new Date(startedAtMs),
    durationMs,
    allStepIds: lab.steps.map(({ stepId }) => stepId),
  });
  const { enrollmentId, labId } = labSession;
  await deps.events.publish({ kind: "progress.changed", enrollmentId, labId });
  deps.log.info("attempt.recorded", {
    attemptId: attempt.attemptId,
    labSessionId: labSession.labSessionId,
    durationMs,
  });
  return attempt;
}
