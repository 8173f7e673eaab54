"use client";

import { CircleHelp, Command, KeyRound, Smartphone } from "lucide-react";
import Link from "next/link";
import { AccountMenu } from "@/app/_ui/account-menu";
import { Button } from "@/app/_ui/button";
import { LogoMark } from "@/app/_ui/logo";
import { MenuItem, MenuSeparator } from "@/app/_ui/menu";
import { SlantProgress } from "@/app/_ui/slant-progress";
import type { LabView, SandboxView } from "@/server/protocol/views";
import { SandboxChip } from "./sandbox-chip";

interface LabBarProps {
  readonly cohortId: string;
  readonly lab: LabView | undefined;
  readonly sandbox: SandboxView;
  readonly onPalette: () => void;
  readonly onRejoinCode: () => void;
  readonly onKeys: () => void;
}

/** The one line above the lab: where one is, how far, how the sandbox is, and the menu. */
export function LabBar({ cohortId, lab, sandbox, onPalette, onRejoinCode, onKeys }: LabBarProps) {
  const passedCount = lab?.steps.filter((step) => step.passedAt !== null).length ?? 0;
  return (
    <header className="border-line flex h-11 shrink-0 items-center gap-3 border-b px-3">
      <Link
        prefetch={false}
        href={`/cohorts/${cohortId}`}
        className="rounded-sm"
        aria-label="Back to the workshop"
      >
        <LogoMark className="size-6" />
      </Link>
      <div className="flex min-w-0 items-baseline gap-2 text-[13px]">
        <span className="text-ink-faint truncate max-lg:hidden">{lab?.workshopTitle}</span>
        {lab !== undefined && (
          <span aria-hidden className="text-ink-faint max-lg:hidden">
            /
          </span>
        )}
        <span className="text-ink truncate font-medium">{lab?.title}</span>
      </div>
      {lab !== undefined && (
        <div className="ml-2 flex shrink-0 items-center gap-2.5">
          <SlantProgress
            className="h-2 w-24 max-sm:hidden lg:w-36"
            label="Your progress in this lab"
            passed={lab.steps.map((step) => step.passedAt !== null)}
          />
          <span className="text-ink-faint text-xs tabular-nums">
            {passedCount}/{lab.steps.length}
          </span>
        </div>
      )}
      <div className="ml-auto flex items-center gap-1">
        <span className="max-sm:hidden">
          <SandboxChip sandbox={sandbox} />
        </span>
        <Button tone="quiet" size="small" onClick={onPalette} className="max-sm:hidden" aria-label="Commands">
          <Command aria-hidden />
          <kbd className="label-mono text-ink-faint">Ctrl K</kbd>
        </Button>
        <AccountMenu>
          <MenuItem icon={<Smartphone aria-hidden />} onSelect={onRejoinCode}>
            Rejoin code
          </MenuItem>
          <MenuItem icon={<CircleHelp aria-hidden />} onSelect={onKeys}>
            Keyboard
          </MenuItem>
          <MenuItem icon={<KeyRound aria-hidden />} onSelect={onPalette} shortcut="Ctrl+K">
            Commands
          </MenuItem>
          <MenuSeparator />
        </AccountMenu>
      </div>
    </header>
  );
}
