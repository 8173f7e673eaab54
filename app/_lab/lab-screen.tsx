"use client";

import dynamic from "next/dynamic";
import { useCallback, useImperativeHandle, useRef, useState, type RefObject } from "react";
import "./head-start";
import { QueryFailure } from "@/app/_ui/failure";
import { useIsHydrated } from "@/app/_lib/use-is-hydrated";
import { Dialog } from "@/app/_ui/dialog";
import type { DockPort } from "@/app/_terminal/dock-port";
import { TerminalDock } from "@/app/_terminal/terminal-dock";
import type { SandboxDialog } from "@/app/_sandbox/sandbox-dialogs";
import type { LabCommand } from "@/app/_lib/shortcuts";
import type { LabView } from "@/server/protocol/views";
import { KeysTable } from "./keys-table";
import { LabBar } from "./lab-bar";
import { LabSplit, type LabSide } from "./lab-split";
import { RejoinCard } from "./rejoin-card";
import { StepPane } from "./step-pane";
import { StepSkeleton } from "./step-skeleton";
import { useCurrentStep } from "./use-current-step";
import { useLab, useStepActions, type LabAddress } from "./use-lab";
import { useLabKeys } from "./use-lab-keys";
import { useSandbox } from "./use-sandbox";

const CommandPalette = dynamic(() => import("./command-palette").then((module) => module.CommandPalette));
const SandboxDialogs = dynamic(() =>
  import("@/app/_sandbox/sandbox-dialogs").then((module) => module.SandboxDialogs),
);
const AskedRejoinCode = dynamic(() => import("./rejoin-code-panel").then((module) => module.AskedRejoinCode));

/** The lab: steps on the left, terminals on the right, one keyboard for both. */
export function LabScreen(address: LabAddress) {
  const { cohortId } = address;
  const lab = useLab(address);
  const isHydrated = useIsHydrated();
  const data = isHydrated ? lab.data : undefined;
  const sandbox = useSandbox(address);
  const dock = useRef<DockPort>(null);
  const [side, setSide] = useState<LabSide>("steps");
  const [overlay, setOverlay] = useState<"palette" | "rejoin-code" | "keys" | null>(null);
  const [sandboxDialog, setSandboxDialog] = useState<SandboxDialog | null>(null);
  const closeOverlay = () => {
    setOverlay(null);
  };
  const run = useCallback((command: string) => {
    setSide("terminal");
    dock.current?.run(command);
  }, []);
  const steps = useRef<StepsPort>(null);
  const onCommand = useCallback((command: LabCommand) => {
    OBEY[command]({
      dock: dock.current,
      steps: steps.current,
      setSide,
      openPalette: () => {
        setOverlay("palette");
      },
    });
  }, []);
  useLabKeys(onCommand);

  if (isHydrated && data === undefined && lab.error !== null) {
    return <QueryFailure error={lab.error} onRetry={() => void lab.refetch()} />;
  }
  return (
    <div className="flex h-dvh flex-col overflow-hidden">
      <LabBar
        cohortId={cohortId}
        lab={data}
        sandbox={sandbox}
        onPalette={() => {
          setOverlay("palette");
        }}
        onRejoinCode={() => {
          setOverlay("rejoin-code");
        }}
        onKeys={() => {
          setOverlay("keys");
        }}
      />
      <LabSplit
        side={side}
        onSide={setSide}
        steps={
          data === undefined ? (
            <StepSkeleton />
          ) : (
            <Steps address={address} lab={data} onRun={run} port={steps} />
          )
        }
        terminal={
          isHydrated && (
            <TerminalDock ref={dock} address={address} sandbox={sandbox} onDialog={setSandboxDialog} />
          )
        }
      />
      <RejoinCard cohortId={cohortId} />
      {overlay === "palette" && data !== undefined && (
        <CommandPalette
          lab={data}
          onClose={closeOverlay}
          onCommand={onCommand}
          onStep={(stepId) => {
            steps.current?.goTo(stepId);
          }}
          actions={[
            {
              label: "Show my rejoin code",
              run: () => {
                setOverlay("rejoin-code");
              },
            },
            {
              label: "Show my sandbox",
              run: () => {
                setSandboxDialog("about");
              },
            },
            {
              label: "Show all keys",
              run: () => {
                setOverlay("keys");
              },
            },
          ]}
        />
      )}
      <Dialog
        isOpen={overlay === "rejoin-code"}
        onClose={closeOverlay}
        title="Your rejoin code"
        description="It opens your sandbox from any device. Whoever has it is you: do not show it on the projector."
      >
        <AskedRejoinCode cohortId={cohortId} />
      </Dialog>
      {sandboxDialog !== null && (
        <SandboxDialogs
          dialog={sandboxDialog}
          address={address}
          sandbox={sandbox}
          onDialog={setSandboxDialog}
          onClose={() => {
            setSandboxDialog(null);
          }}
        />
      )}
      <Dialog isOpen={overlay === "keys"} onClose={closeOverlay} title="Keyboard">
        <KeysTable />
      </Dialog>
    </div>
  );
}

interface StepsPort {
  goTo(stepId: string): void;
  move(by: number): void;
  check(): void;
}

interface StepsProps {
  readonly address: LabAddress;
  readonly lab: LabView;
  readonly onRun: (command: string) => void;
  readonly port: RefObject<StepsPort | null>;
}

function Steps({ address, lab, onRun, port }: StepsProps) {
  const { step, goTo } = useCurrentStep(lab);
  const actions = useStepActions(address, lab, step?.stepId ?? "");
  useImperativeHandle(port, () => ({
    goTo,
    move: (by) => {
      const target = step === undefined ? undefined : lab.steps[lab.steps.indexOf(step) + by];
      if (target !== undefined) goTo(target.stepId);
    },
    check: () => {
      if (step !== undefined && step.checkTitles.length > 0 && !actions.runChecks.isPending) {
        actions.runChecks.mutate();
      }
    },
  }));
  if (step === undefined) {
    return (
      <p className="text-ink-soft m-auto max-w-sm p-6 text-center">
        This lab has no steps yet. The terminal beside it is yours all the same.
      </p>
    );
  }
  return <StepPane address={address} lab={lab} step={step} actions={actions} onStep={goTo} onRun={onRun} />;
}

interface Reach {
  readonly dock: DockPort | null;
  readonly steps: StepsPort | null;
  readonly setSide: (side: LabSide) => void;
  readonly openPalette: () => void;
}

const OBEY: Readonly<Record<LabCommand, (reach: Reach) => void>> = {
  palette: ({ openPalette }) => {
    openPalette();
  },
  "next-step": ({ setSide, steps }) => {
    setSide("steps");
    steps?.move(1);
  },
  "previous-step": ({ setSide, steps }) => {
    setSide("steps");
    steps?.move(-1);
  },
  "run-check": ({ setSide, steps }) => {
    setSide("steps");
    steps?.check();
  },
  "new-terminal": ({ setSide, dock }) => {
    setSide("terminal");
    dock?.openTerminal();
  },
  "focus-terminal": ({ setSide, dock }) => {
    setSide("terminal");
    dock?.focus();
  },
  "focus-steps": ({ setSide }) => {
    setSide("steps");
    document.getElementById("steps")?.focus();
  },
  "search-terminal": ({ setSide, dock }) => {
    setSide("terminal");
    dock?.openSearch();
  },
};
