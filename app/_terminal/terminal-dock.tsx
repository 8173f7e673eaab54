"use client";

import { useTheme } from "next-themes";
import { useCallback, useEffect, useImperativeHandle, useMemo, useState, type Ref } from "react";
import { toast } from "sonner";
import { readClipboard } from "@/app/_lib/clipboard";
import { useStored } from "@/app/_lib/use-stored";
import { Button } from "@/app/_ui/button";
import { QueryFailure } from "@/app/_ui/failure";
import { ProfileStrip } from "@/app/_sandbox/profile-strip";
import type { SandboxDialog } from "@/app/_sandbox/sandbox-dialogs";
import { SandboxMenu } from "@/app/_sandbox/sandbox-menu";
import { SandboxWait } from "@/app/_sandbox/sandbox-wait";
import type { SandboxAddress } from "@/app/_sandbox/use-sandbox-change";
import type { SandboxView } from "@/server/protocol/views";
import type { DockPort } from "./dock-port";
import { linkWords, type LinkState } from "./link-state";
import { FONT_SIZE, TerminalMenu } from "./terminal-menu";
import { terminalQuestions } from "./terminal-questions";
import type { ScreenLooks } from "./terminal-screen";
import { TerminalSearch } from "./terminal-search";
import { TerminalTabs } from "./terminal-tabs";
import { TerminalView, type TerminalPort } from "./terminal-view";
import { useAsk } from "./use-ask";
import { useTerminals } from "./use-terminals";

interface TerminalDockProps {
  readonly address: SandboxAddress;
  readonly sandbox: SandboxView;
  readonly onDialog: (dialog: SandboxDialog) => void;
  readonly ref: Ref<DockPort>;
}

/** The right half: terminals in tabs, or what there is to know until the first one is there. */
export function TerminalDock({ address, sandbox, onDialog, ref }: TerminalDockProps) {
  const { cohortId } = address;
  const sandboxId = sandbox.state === "ready" ? sandbox.sandboxId : null;
  const terminals = useTerminals(cohortId, sandboxId, isStopped(sandbox));
  const { ask, dialog } = useAsk();
  const questions = useMemo(() => terminalQuestions(ask), [ask]);
  const { looks, menu } = useLooks();
  const [isSearching, setIsSearching] = useState(false);
  const { ports, links, onPort, onLink } = usePorts();
  const active = ports.get(terminals.activeId ?? "");
  const link = links.get(terminals.activeId ?? "");
  const open = useOpenAndType(terminals.open);

  useEffect(() => {
    // Browser tests read the terminal here: WebGL leaves no text in the page. It tells nothing that the screen does not.
    Object.assign(window, { __slipwayTerminal: { text: () => active?.screen.text() ?? "" } });
  }, [active]);
  useImperativeHandle(
    ref,
    (): DockPort => ({
      run: (command) => {
        if (active === undefined) {
          toast("Your terminal is not there yet", { description: "Run the command again in a moment." });
        } else {
          active.screen.run(command);
        }
      },
      focus: () => active?.screen.focus(),
      openTerminal: () => {
        open();
      },
      openSearch: () => {
        setIsSearching(true);
      },
    }),
    [active, open],
  );
  const hasTerminals = terminals.terminals.length > 0;
  return (
    <section aria-label="Terminals" className="bg-terminal flex h-full flex-col">
      <div className="border-line bg-canvas flex h-9 shrink-0 items-center justify-between border-b pr-1">
        <TerminalTabs
          terminals={terminals.terminals}
          activeId={terminals.activeId}
          onChoose={terminals.choose}
          onClose={terminals.close}
          onOpen={open}
          mayOpen={sandboxId !== null && !terminals.isOpening}
        />
        <div className="flex items-center">
          <TerminalMenu
            {...menu}
            onCopy={() => void active?.screen.copy()}
            onPaste={() => void pasteByButton(active)}
            onSearch={() => {
              setIsSearching(true);
            }}
          />
          <SandboxMenu sandbox={sandbox} onDialog={onDialog} />
        </div>
      </div>
      <ProfileStrip
        address={address}
        sandbox={sandbox}
        onGet={() => {
          onDialog("change");
        }}
      />
      <div className="relative min-h-0 flex-1">
        {terminals.terminals.map((terminal) => (
          <TerminalView
            key={terminal.terminalId}
            cohortId={cohortId}
            terminalId={terminal.terminalId}
            isActive={terminal.terminalId === terminals.activeId}
            looks={looks}
            questions={questions}
            onPort={onPort}
            onLink={onLink}
            onClose={() => {
              terminals.close(terminal.terminalId);
            }}
            onReplace={() => {
              terminals.close(terminal.terminalId);
              open();
            }}
          />
        ))}
        {!hasTerminals && <NoTerminal {...{ address, sandbox, terminals, onDialog }} />}
        {isSearching && active !== undefined && (
          <TerminalSearch
            screen={active.screen}
            onClose={() => {
              active.screen.endSearch();
              setIsSearching(false);
              active.screen.focus();
            }}
          />
        )}
      </div>
      <StatusLine sandbox={sandbox} link={hasTerminals ? link : undefined} />
      {dialog}
    </section>
  );
}

/** True when the sandbox's terminals have ended with it. One that cannot be reached may still have them. */
function isStopped({ state }: SandboxView): boolean {
  return state === "starting" || state === "asleep" || state === "failed" || state === "queued";
}

/** Whoever opens a terminal wants to type into it: the button gives up the focus, and the terminal takes it. */
function useOpenAndType(open: () => void): () => void {
  return useCallback(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    open();
  }, [open]);
}

interface NoTerminalProps {
  readonly address: SandboxAddress;
  readonly sandbox: SandboxView;
  readonly terminals: ReturnType<typeof useTerminals>;
  readonly onDialog: (dialog: SandboxDialog) => void;
}

function NoTerminal({ address, sandbox, terminals, onDialog }: NoTerminalProps) {
  const isReady = sandbox.state === "ready";
  if (isReady && terminals.error !== null) {
    return <QueryFailure error={terminals.error} onRetry={terminals.refresh} />;
  }
  if (isReady && terminals.isIdle) {
    return (
      <div className="flex h-full flex-col items-center justify-center gap-3 p-6">
        <p className="text-ink-soft text-[13px]">No terminal is open. Your sandbox goes on without one.</p>
        <Button
          tone="primary"
          onClick={() => {
            terminals.open();
          }}
        >
          Open a terminal
        </Button>
      </div>
    );
  }
  return <SandboxWait address={address} sandbox={sandbox} onDialog={onDialog} />;
}

function StatusLine({
  sandbox,
  link,
}: {
  readonly sandbox: SandboxView;
  readonly link: LinkState | undefined;
}) {
  const words =
    sandbox.state === "unreachable"
      ? "your sandbox cannot be reached; your work is safe, we keep trying"
      : link === undefined
        ? ""
        : linkWords(link);
  return (
    <footer className="border-line bg-canvas text-ink-faint flex h-7 shrink-0 items-center justify-between gap-4 border-t px-3 text-2xs">
      <span role="status" className="truncate tabular-nums">
        {words}
      </span>
      <span className="whitespace-nowrap max-sm:hidden">
        <kbd className="label-mono">F6</kbd> leaves the terminal
      </span>
    </footer>
  );
}

function usePorts() {
  const [ports, setPorts] = useState<ReadonlyMap<string, TerminalPort>>(new Map());
  const [links, setLinks] = useState<ReadonlyMap<string, LinkState>>(new Map());
  const onPort = useCallback((terminalId: string, port: TerminalPort | null) => {
    setPorts((current) => {
      const next = new Map(current);
      if (port === null) next.delete(terminalId);
      else next.set(terminalId, port);
      return next;
    });
  }, []);
  const onLink = useCallback((terminalId: string, link: LinkState) => {
    setLinks((current) => new Map(current).set(terminalId, link));
  }, []);
  return { ports, links, onPort, onLink };
}

function useLooks() {
  const { resolvedTheme } = useTheme();
  const [storedSize, storeSize] = useStored("terminal.font-size", String(FONT_SIZE.initial));
  const [screenReader, storeScreenReader] = useStored("terminal.screen-reader", "off");
  const theme = resolvedTheme === "light" ? "light" : "dark";
  const isScreenReader = screenReader === "on";
  const fontSize = Math.min(FONT_SIZE.max, Math.max(FONT_SIZE.min, Number(storedSize) || FONT_SIZE.initial));
  const looks: ScreenLooks = useMemo(
    () => ({ theme, fontSize, isScreenReader }),
    [theme, fontSize, isScreenReader],
  );
  const menu = {
    fontSize,
    isScreenReader,
    onFontSize: (size: number) => {
      storeSize(String(size));
    },
    onScreenReader: (isOn: boolean) => {
      storeScreenReader(isOn ? "on" : "off");
    },
  };
  return { looks, menu };
}

async function pasteByButton(port: TerminalPort | undefined): Promise<void> {
  const text = await readClipboard();
  if (text !== null) {
    await port?.screen.paste(text);
    return;
  }
  port?.screen.focus();
  toast("Your browser lets pages paste only by key", { description: "Press Ctrl+V, or ⌘V on a Mac." });
}
