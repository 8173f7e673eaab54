"use client";

import { Check, ChevronDown, Circle, CircleX } from "lucide-react";
import { minutesWords } from "@/app/_lib/durations";
import { Menu, MenuItem } from "@/app/_ui/menu";
import type { LabView, StepView } from "@/server/protocol/views";
import { stateWords } from "./step-rail";

interface StepListMenuProps {
  readonly lab: LabView;
  readonly step: StepView;
  readonly onStep: (stepId: string) => void;
}

/** "Step 2 of 6" as a button that opens every title with its state and length. */
export function StepListMenu({ lab, step, onStep }: StepListMenuProps) {
  return (
    <Menu
      trigger={
        <button
          type="button"
          className="hover:text-ink -ml-1 flex items-center gap-1 rounded-sm px-1 py-0.5 font-medium"
        >
          Step {lab.steps.indexOf(step) + 1} of {lab.steps.length}
          <ChevronDown aria-hidden className="size-3.5" />
        </button>
      }
    >
      {lab.steps.map((each, index) => (
        <MenuItem
          key={each.stepId}
          icon={<StepIcon step={each} />}
          shortcut={minutesWords(each.minutes)}
          onSelect={() => {
            onStep(each.stepId);
          }}
        >
          <span className={each === step ? "text-ink font-medium" : undefined}>
            {index + 1}. {each.title}
          </span>
          <span className="sr-only">, {stateWords(each)}</span>
        </MenuItem>
      ))}
    </Menu>
  );
}

function StepIcon({ step }: { readonly step: StepView }) {
  if (step.passedAt !== null) return <Check aria-hidden className="text-accent" />;
  if (step.lastAttempt === null) return <Circle aria-hidden className="text-ink-faint" />;
  return <CircleX aria-hidden className="text-bad" />;
}
