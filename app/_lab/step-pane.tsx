"use client";

import { ArrowLeft, ArrowRight, Check } from "lucide-react";
import Link from "next/link";
import { useEffect, useRef } from "react";
import { minutesWords } from "@/app/_lib/durations";
import { Button, buttonStyle } from "@/app/_ui/button";
import type { LabView, StepView } from "@/server/protocol/views";
import { CheckPanel } from "./check-panel";
import { LabFinished } from "./lab-finished";
import { StepHelp } from "./step-help";
import { StepHtml } from "./step-html";
import { StepListMenu } from "./step-list-menu";
import { StepRail } from "./step-rail";
import type { LabAddress, StepActions } from "./use-lab";

interface StepPaneProps {
  readonly address: LabAddress;
  readonly lab: LabView;
  readonly step: StepView;
  readonly actions: StepActions;
  readonly onStep: (stepId: string) => void;
  readonly onRun: (command: string) => void;
}

/** The left half: the current step's text, what judges it, help, and the way on. */
export function StepPane({ address, lab, step, actions, onStep, onRun }: StepPaneProps) {
  const index = lab.steps.indexOf(step);
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [step.stepId]);
  const isLabPassed = lab.steps.every((each) => each.passedAt !== null);
  return (
    <div className="flex h-full min-h-0">
      <StepRail lab={lab} currentStepId={step.stepId} onStep={onStep} />
      <div className="flex min-w-0 flex-1 flex-col">
        <div
          ref={scroller}
          id="steps"
          tabIndex={-1}
          className="min-h-0 flex-1 overflow-y-auto px-5 pt-4 pb-8 outline-none sm:px-6"
        >
          <div className="mx-auto max-w-[42rem]">
            <div className="text-ink-faint flex items-center gap-2 text-xs">
              <StepListMenu lab={lab} step={step} onStep={onStep} />
              <span aria-hidden>·</span>
              <span>{minutesWords(step.minutes)}</span>
              {step.passedAt !== null && (
                <span className="text-accent ml-auto flex items-center gap-1 font-medium">
                  <Check aria-hidden className="size-3.5" /> Passed
                </span>
              )}
            </div>
            <h1 className="mt-1.5 mb-4 text-xl leading-snug font-semibold tracking-[-0.02em]">
              {step.title}
            </h1>
            <StepHtml key={step.stepId} html={step.html} onRun={onRun} />
            <CheckPanel step={step} isRunning={actions.runChecks.isPending} />
            <StepHelp key={`${step.stepId}-help`} step={step} actions={actions} onRun={onRun} />
            {isLabPassed && index === lab.steps.length - 1 && <LabFinished address={address} lab={lab} />}
          </div>
        </div>
        <StepFooter {...{ address, lab, step, actions, onStep }} />
      </div>
    </div>
  );
}

function StepFooter({ address, lab, step, actions, onStep }: Omit<StepPaneProps, "onRun">) {
  const index = lab.steps.indexOf(step);
  const [previous, next] = [lab.steps[index - 1], lab.steps[index + 1]];
  const isChecked = step.checkTitles.length > 0;
  const isDone = step.passedAt !== null || !isChecked;
  const { isPending } = actions.runChecks;
  return (
    <footer className="border-line bg-panel flex shrink-0 items-center gap-2 border-t px-3 py-2">
      <Button
        tone="quiet"
        disabled={previous === undefined}
        onClick={() => {
          if (previous !== undefined) onStep(previous.stepId);
        }}
      >
        <ArrowLeft aria-hidden />
        <span className="max-sm:sr-only">Previous</span>
      </Button>
      <span className="flex-1" />
      {isChecked && (
        <Button
          tone={isDone ? "outline" : "primary"}
          aria-disabled={isPending}
          onClick={() => {
            if (!isPending) actions.runChecks.mutate();
          }}
          title="Alt+C"
        >
          {isPending ? "Checking…" : isDone ? "Check again" : "Check my work"}
        </Button>
      )}
      {next !== undefined && (
        <Button
          tone={isDone ? "primary" : "quiet"}
          onClick={() => {
            onStep(next.stepId);
          }}
          title="Alt+N"
        >
          Next
          <ArrowRight aria-hidden />
        </Button>
      )}
      {next === undefined && isDone && (
        <Link
          href={
            lab.nextLabId === null
              ? `/cohorts/${address.cohortId}`
              : `/cohorts/${address.cohortId}/labs/${lab.nextLabId}`
          }
          className={buttonStyle({ tone: "primary" })}
        >
          {lab.nextLabId === null ? "Back to the workshop" : "Next lab"}
          <ArrowRight aria-hidden />
        </Link>
      )}
    </footer>
  );
}
