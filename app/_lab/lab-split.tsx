"use client";

import type { ReactNode } from "react";
import { Group, Panel, Separator } from "react-resizable-panels";
import { classNames } from "@/app/_lib/class-names";
import { useMediaQuery } from "@/app/_lib/use-media-query";

export type LabSide = "steps" | "terminal";

interface LabSplitProps {
  readonly side: LabSide;
  readonly onSide: (side: LabSide) => void;
  readonly steps: ReactNode;
  readonly terminal: ReactNode;
}

/** Beside each other where there is room, with a border to drag; else one at a time, both kept alive. */
export function LabSplit({ side, onSide, steps, terminal }: LabSplitProps) {
  const isWide = useMediaQuery("(min-width: 900px)", true);
  if (isWide) {
    return (
      <main id="main" className="min-h-0 flex-1">
        <Group orientation="horizontal" id="lab" className="h-full">
          <Panel id="steps-pane" defaultSize="42%" minSize="20rem">
            {steps}
          </Panel>
          <Separator
            aria-label="Width of the steps"
            className="bg-line hover:bg-accent focus-visible:bg-accent data-[separator=active]:bg-accent w-px outline-offset-0 transition-colors"
          />
          <Panel id="terminal-pane" minSize="20rem">
            {terminal}
          </Panel>
        </Group>
      </main>
    );
  }
  return (
    <>
      <main id="main" className="min-h-0 flex-1">
        <div className={classNames("h-full", side !== "steps" && "hidden")}>{steps}</div>
        <div className={classNames("h-full", side !== "terminal" && "hidden")}>{terminal}</div>
      </main>
      <div
        role="group"
        aria-label="What to show"
        className="border-line bg-panel grid shrink-0 grid-cols-2 border-t"
      >
        {(["steps", "terminal"] as const).map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={side === each}
            onClick={() => {
              onSide(each);
            }}
            className={classNames(
              "h-12 border-t-2 text-[13px] font-medium -outline-offset-2",
              side === each ? "border-accent text-ink" : "text-ink-faint border-transparent",
            )}
          >
            {each === "steps" ? "Steps" : "Terminal"}
          </button>
        ))}
      </div>
    </>
  );
}
