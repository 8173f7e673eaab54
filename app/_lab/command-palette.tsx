"use client";

import { Command } from "cmdk";
import { SHORTCUTS, type LabCommand } from "@/app/_lib/shortcuts";
import type { LabView } from "@/server/protocol/views";

export interface PaletteAction {
  readonly label: string;
  readonly keys?: string | undefined;
  readonly run: () => void;
}

interface CommandPaletteProps {
  readonly lab: LabView;
  readonly actions: readonly PaletteAction[];
  readonly onCommand: (command: LabCommand) => void;
  readonly onStep: (stepId: string) => void;
  readonly onClose: () => void;
}

const ITEM =
  "data-[selected=true]:bg-raised data-[selected=true]:text-ink text-ink-soft flex h-9 cursor-pointer items-center gap-3 rounded-md px-3 text-[13px]";
const GROUP =
  "[&_[cmdk-group-heading]]:text-ink-faint [&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs";

/** Everything that the lab page can do, by typing a few letters of it. Loaded when it is first opened. */
export function CommandPalette({ lab, actions, onCommand, onStep, onClose }: CommandPaletteProps) {
  const choose = (run: () => void) => () => {
    onClose();
    // After the dialog has given the focus back, so that "go to the terminal" wins.
    setTimeout(run, 0);
  };
  return (
    <Command.Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      label="Commands"
      overlayClassName="animate-appear fixed inset-0 z-40 bg-black/55"
      contentClassName="animate-appear bg-panel border-line-strong shadow-float fixed inset-x-4 top-[12vh] z-50 mx-auto max-w-lg overflow-hidden rounded-lg border"
    >
      <Command.Input
        placeholder="Type a command or a step…"
        className="border-line text-ink h-12 w-full border-b bg-transparent px-4 text-[15px] outline-none"
      />
      <Command.List className="max-h-[50vh] overflow-y-auto p-1.5">
        <Command.Empty className="text-ink-faint p-6 text-center text-[13px]">
          Nothing is called that. Try “check”, “terminal” or a step’s title.
        </Command.Empty>
        <Command.Group heading="Do" className={GROUP}>
          {SHORTCUTS.filter(({ command }) => command !== "palette").map(({ command, label, keys }) => (
            <Command.Item
              key={command}
              value={label}
              className={ITEM}
              onSelect={choose(() => {
                onCommand(command);
              })}
            >
              <span className="flex-1">{label}</span>
              <kbd className="label-mono text-ink-faint">{keys}</kbd>
            </Command.Item>
          ))}
          {actions.map(({ label, keys, run }) => (
            <Command.Item key={label} value={label} className={ITEM} onSelect={choose(run)}>
              <span className="flex-1">{label}</span>
              {keys !== undefined && <kbd className="label-mono text-ink-faint">{keys}</kbd>}
            </Command.Item>
          ))}
        </Command.Group>
        <Command.Group heading="Steps" className={GROUP}>
          {lab.steps.map((step, index) => (
            <Command.Item
              key={step.stepId}
              value={`${String(index + 1)} ${step.title}`}
              className={ITEM}
              onSelect={choose(() => {
                onStep(step.stepId);
              })}
            >
              <span className="label-mono text-ink-faint w-4">{index + 1}</span>
              <span className="flex-1">{step.title}</span>
              {step.passedAt !== null && <span className="text-accent text-xs">passed</span>}
            </Command.Item>
          ))}
        </Command.Group>
      </Command.List>
    </Command.Dialog>
  );
}
