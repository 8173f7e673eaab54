"use client";

import { Plus, X } from "lucide-react";
import type { KeyboardEvent } from "react";
import { Button } from "@/app/_ui/button";
import { classNames } from "@/app/_lib/class-names";
import type { TerminalView } from "@/server/protocol/views";

interface TerminalTabsProps {
  readonly terminals: readonly TerminalView[];
  readonly activeId: string | null;
  readonly onChoose: (terminalId: string) => void;
  readonly onClose: (terminalId: string) => void;
  readonly onOpen: () => void;
  readonly mayOpen: boolean;
}

/** The terminals by name. Arrow keys move between them, Delete closes one. */
export function TerminalTabs({ terminals, activeId, onChoose, onClose, onOpen, mayOpen }: TerminalTabsProps) {
  function onKeyDown(event: KeyboardEvent, index: number) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const target = step === undefined ? undefined : terminals.at((index + step) % terminals.length);
    if (target !== undefined) {
      onChoose(target.terminalId);
      document.getElementById(`tab-${target.terminalId}`)?.focus();
    }
    if (event.key === "Delete") onClose(terminals[index]?.terminalId ?? "");
  }
  return (
    <div className="flex min-w-0 items-center">
      <div role="tablist" aria-label="Terminals" className="flex min-w-0 overflow-x-auto">
        {terminals.map((terminal, index) => {
          const isActive = terminal.terminalId === activeId;
          return (
            <div
              key={terminal.terminalId}
              role="presentation"
              className={classNames(
                "group flex h-9 shrink-0 items-center border-b-2 pr-1 pl-3",
                isActive ? "border-accent text-ink" : "text-ink-faint hover:text-ink border-transparent",
              )}
            >
              <button
                type="button"
                role="tab"
                id={`tab-${terminal.terminalId}`}
                aria-selected={isActive}
                aria-controls={`terminal-${terminal.terminalId}`}
                tabIndex={isActive ? 0 : -1}
                onClick={(event) => {
                  onChoose(terminal.terminalId);
                  // A click is followed by typing; the arrow keys stay on the tabs.
                  if (event.detail > 0) event.currentTarget.blur();
                }}
                onKeyDown={(event) => {
                  onKeyDown(event, index);
                }}
                className="max-w-36 truncate text-xs font-medium outline-offset-4"
              >
                {terminal.title}
                {terminals.length > 1 && (
                  <span className="text-ink-faint ml-1 tabular-nums">{index + 1}</span>
                )}
              </button>
              <button
                type="button"
                tabIndex={-1}
                aria-label={`Close terminal ${String(index + 1)}`}
                onClick={() => {
                  onClose(terminal.terminalId);
                }}
                className="text-ink-faint hover:bg-raised hover:text-ink ml-1 flex size-6 items-center justify-center rounded-sm"
              >
                <X aria-hidden className="size-3.5" />
              </button>
            </div>
          );
        })}
      </div>
      <Button
        tone="quiet"
        size="icon"
        aria-label="New terminal"
        title="New terminal (Alt+T)"
        disabled={!mayOpen}
        onClick={onOpen}
      >
        <Plus aria-hidden />
      </Button>
    </div>
  );
}
