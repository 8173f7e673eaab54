"use client";

import { Lightbulb, KeyRound } from "lucide-react";
import { useState } from "react";
import { Button } from "@/app/_ui/button";
import { CopyButton } from "@/app/_ui/copy-button";
import { Dialog } from "@/app/_ui/dialog";
import type { StepView } from "@/server/protocol/views";
import { StepHtml } from "./step-html";
import type { StepActions } from "./use-lab";

interface StepHelpProps {
  readonly step: StepView;
  readonly actions: StepActions;
  readonly onRun: (command: string) => void;
}

/** Hints, one at a time, and the solution, after a question. */
export function StepHelp({ step, actions, onRun }: StepHelpProps) {
  const [isAsking, setIsAsking] = useState(false);
  if (step.hintTotal === 0 && !step.hasSolution) return null;
  const shown = step.hints.length;
  return (
    <section aria-label="Help" className="mt-6">
      {shown > 0 && (
        <ol className="mb-3 space-y-2">
          {step.hints.map((hint, index) => (
            <li key={index} className="border-line bg-panel animate-appear rounded-lg border px-3.5 py-2.5">
              <p className="text-ink-faint mb-1 text-xs">
                Hint {index + 1} of {step.hintTotal}
              </p>
              <StepHtml html={hint} onRun={onRun} className="!text-[13px]" />
            </li>
          ))}
        </ol>
      )}
      {step.solution !== null && <Solution solution={step.solution} onRun={onRun} />}
      <div className="-ml-2.5 flex flex-wrap gap-1">
        {shown < step.hintTotal && (
          <Button
            tone="quiet"
            size="small"
            disabled={actions.revealHint.isPending}
            onClick={() => {
              actions.revealHint.mutate();
            }}
          >
            <Lightbulb aria-hidden />
            {shown === 0 ? "Show a hint" : "Show the next hint"}
            <span className="text-ink-faint tabular-nums">
              {shown + 1}/{step.hintTotal}
            </span>
          </Button>
        )}
        {step.hasSolution && step.solution === null && (
          <Button
            tone="quiet"
            size="small"
            onClick={() => {
              setIsAsking(true);
            }}
          >
            <KeyRound aria-hidden />
            Show the solution
          </Button>
        )}
      </div>
      <Dialog
        isOpen={isAsking}
        onClose={() => {
          setIsAsking(false);
        }}
        title="Show the solution?"
        description={
          shown < step.hintTotal
            ? "There are hints that you have not read yet; one of them may be all you need."
            : "You can still try it your own way afterwards: the checks look at what runs, not at how you got there."
        }
        footer={
          <>
            <Button
              data-focus-first=""
              onClick={() => {
                setIsAsking(false);
              }}
            >
              Keep trying
            </Button>
            <Button
              tone="primary"
              onClick={() => {
                setIsAsking(false);
                actions.revealSolution.mutate();
              }}
            >
              Show it
            </Button>
          </>
        }
      />
    </section>
  );
}

function Solution({
  solution,
  onRun,
}: {
  readonly solution: string;
  readonly onRun: (command: string) => void;
}) {
  return (
    <div className="border-line bg-panel animate-appear mb-3 rounded-lg border">
      <header className="border-line flex flex-wrap items-center gap-1 border-b py-1 pr-1.5 pl-3.5">
        <h3 className="text-ink flex-1 text-[13px] font-semibold">Solution</h3>
        <Button
          tone="quiet"
          size="small"
          onClick={() => {
            onRun(solution.trimEnd());
          }}
        >
          Run in the terminal
        </Button>
        <CopyButton tone="quiet" size="small" text={solution} label="Copy" />
      </header>
      <pre
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must reach it
        tabIndex={0}
        className="text-ink overflow-x-auto px-3.5 py-2.5 font-mono text-[13px] leading-relaxed"
      >
        {solution}
      </pre>
    </div>
  );
}
