"use client";

import { Check } from "lucide-react";
import { classNames } from "@/app/_lib/class-names";
import type { LabView, StepView } from "@/server/protocol/views";

interface StepRailProps {
  readonly lab: LabView;
  readonly currentStepId: string;
  readonly onStep: (stepId: string) => void;
}

/** All steps as a narrow column of numbers; a passed one carries its tick. Titles are in the list under the step's name. */
export function StepRail({ lab, currentStepId, onStep }: StepRailProps) {
  return (
    <nav
      aria-label="Steps"
      className="border-line w-11 shrink-0 overflow-y-auto border-r py-3 max-[899px]:hidden"
    >
      <ol className="flex flex-col items-center gap-1">
        {lab.steps.map((step, index) => (
          <li key={step.stepId}>
            <button
              type="button"
              title={step.title}
              aria-label={`Step ${String(index + 1)}: ${step.title}, ${stateWords(step)}`}
              aria-current={step.stepId === currentStepId ? "step" : undefined}
              onClick={() => {
                onStep(step.stepId);
              }}
              className={classNames(
                "label-mono relative flex size-7 items-center justify-center rounded-md transition-colors",
                step.stepId === currentStepId
                  ? "bg-raised text-ink before:bg-accent before:absolute before:-left-2 before:h-5 before:w-0.5"
                  : "text-ink-faint hover:bg-raised hover:text-ink",
              )}
            >
              <StepMark step={step} number={index + 1} />
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** A step's number, its tick once it has passed, or its number with a dot when the last look found something missing. */
export function StepMark({ step, number }: { readonly step: StepView; readonly number: number }) {
  if (step.passedAt !== null) return <Check aria-hidden strokeWidth={2.5} className="text-accent size-4" />;
  const isFailing = step.lastAttempt !== null && step.lastAttempt.verdict !== "passed";
  return (
    <>
      {number}
      {isFailing && <span aria-hidden className="bg-bad absolute top-1 right-1 size-1.5 rotate-45" />}
    </>
  );
}

/** A step's state in words. */
export function stateWords(step: StepView): string {
  if (step.passedAt !== null) return "passed";
  return step.lastAttempt === null ? "not checked yet" : "not passed yet";
}
