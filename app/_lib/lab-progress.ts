import type { LabProgressView, LabView, StepView } from "@/server/protocol/views";

/** The lab with what has changed in it. A step's newer attempt replaces an older one, never the other way round. */
export function mergeProgress(lab: LabView, progress: LabProgressView): LabView {
  const changed = new Map(progress.steps.map((step) => [step.stepId, step]));
  return {
    ...lab,
    finishedAt: progress.finishedAt ?? lab.finishedAt,
    steps: lab.steps.map((step) => {
      const update = changed.get(step.stepId);
      if (update === undefined) return step;
      return {
        ...step,
        passedAt: update.passedAt ?? step.passedAt,
        lastAttempt: newerAttempt(step.lastAttempt, update.lastAttempt),
      };
    }),
  };
}

/** The lab after one step has been changed in place. */
export function withStep(lab: LabView, stepId: string, change: Partial<StepView>): LabView {
  return {
    ...lab,
    steps: lab.steps.map((step) => (step.stepId === stepId ? { ...step, ...change } : step)),
  };
}

/** Where to go on: the first step that has not passed, else the last. `undefined` for a lab without steps. */
export function firstOpenStep(lab: LabView): StepView | undefined {
  return lab.steps.find((step) => step.passedAt === null) ?? lab.steps.at(-1);
}

/** Steps that have passed now and had not before: what there is to tell the reader. */
export function newlyPassed(before: LabView, after: LabView): readonly StepView[] {
  const wasPassed = new Set(before.steps.filter((step) => step.passedAt !== null).map((step) => step.stepId));
  return after.steps.filter((step) => step.passedAt !== null && !wasPassed.has(step.stepId));
}

function newerAttempt(current: StepView["lastAttempt"], update: StepView["lastAttempt"]) {
  if (current === null || update === null) return update ?? current;
  return update.at.getTime() >= current.at.getTime() ? update : current;
}
