import type { Lab, Step } from "../labs/catalog";
import type { AttemptView, LabProgressView, LabView, StepView } from "../protocol";
import type { Attempt } from "./attempt";
import type { LabSessionRecord, StepRecord } from "./attempt-store";

/** Everything that a lab's screen is made of. */
export interface LabState {
  readonly lab: Lab;
  readonly workshopTitle: string;
  readonly nextLabId: string | null;
  readonly labSession: LabSessionRecord;
  readonly steps: readonly StepRecord[];
  readonly lastAttempts: readonly Attempt[];
}

/** The attendee's view: hints and solutions only as far as they were asked for, no check and no evidence. */
export function labViewOf(state: LabState): LabView {
  const { lab, labSession } = state;
  return {
    labSessionId: labSession.labSessionId,
    labId: lab.labId,
    title: lab.title,
    workshopTitle: state.workshopTitle,
    minutes: lab.minutes,
    steps: lab.steps.map((step) => stepViewOf(step, state)),
    finishedAt: labSession.finishedAt,
    nextLabId: state.nextLabId,
  };
}

/** What may have changed while the lab is open. */
export function progressViewOf(state: Omit<LabState, "workshopTitle" | "nextLabId">): LabProgressView {
  return {
    steps: state.lab.steps.map(({ stepId }) => ({
      stepId,
      passedAt: recordOf(stepId, state)?.passedAt ?? null,
      lastAttempt: lastAttemptOf(stepId, state),
    })),
    finishedAt: state.labSession.finishedAt,
  };
}

/** An attempt without its evidence. */
export function attemptViewOf(attempt: Attempt): AttemptView {
  const { attemptId, verdict, trigger, at, durationMs, checks } = attempt;
  return {
    attemptId,
    verdict,
    trigger,
    at,
    durationMs,
    checks: checks.map((check) => ({
      checkId: check.checkId,
      title: check.title,
      verdict: check.verdict,
      expected: check.expected,
      seen: check.seen,
      hint: check.hint,
    })),
  };
}

function stepViewOf(step: Step, state: LabState): StepView {
  const record = recordOf(step.stepId, state);
  return {
    stepId: step.stepId,
    title: step.title,
    minutes: step.minutes,
    html: step.html,
    checkTitles: step.checks.map(({ title }) => title),
    hintTotal: step.hints.length,
    hints: step.hints.slice(0, record?.hintCount ?? 0),
    hasSolution: step.solution !== null,
    solution: record?.solutionShownAt == null ? null : step.solution,
    passedAt: record?.passedAt ?? null,
    lastAttempt: lastAttemptOf(step.stepId, state),
  };
}

function recordOf(stepId: string, { steps }: Pick<LabState, "steps">): StepRecord | undefined {
  return steps.find((each) => each.stepId === stepId);
}

function lastAttemptOf(stepId: string, { lastAttempts }: Pick<LabState, "lastAttempts">): AttemptView | null {
  const attempt = lastAttempts.find((each) => each.stepId === stepId);
  return attempt === undefined ? null : attemptViewOf(attempt);
}
