"use client";

import { useCallback, useEffect, useRef, useState, type RefObject } from "react";
import { useTRPCClient } from "@/app/_lib/api";
import { classNames } from "@/app/_lib/class-names";
import { LinkOverlay } from "./link-overlay";
import type { LinkState } from "./link-state";
import { loadTerminalLink } from "./load-terminal-link";
import type { ScreenListeners, ScreenLooks, TerminalScreen } from "./terminal-screen";
import type { TerminalLink } from "./terminal-link";
import { takeTicket } from "./tickets";

/** What the dock does with one terminal. */
export interface TerminalPort {
  readonly screen: TerminalScreen;
}

interface TerminalViewProps {
  readonly cohortId: string;
  readonly terminalId: string;
  readonly isActive: boolean;
  readonly looks: ScreenLooks;
  readonly questions: Pick<ScreenListeners, "mayPaste" | "mayOpenLink" | "mayWriteClipboard">;
  readonly onPort: (terminalId: string, port: TerminalPort | null) => void;
  readonly onLink: (terminalId: string, link: LinkState) => void;
  readonly onClose: () => void;
  readonly onReplace: () => void;
}

/** One terminal: its emulator joined to its shell for as long as it is on the page, shown or not. */
export function TerminalView(props: TerminalViewProps) {
  const { terminalId, isActive, looks } = props;
  const element = useRef<HTMLDivElement>(null);
  const [hoveredUrl, setHoveredUrl] = useState<string | null>(null);
  const { screen, link, retry, show } = useTerminal(props, element, setHoveredUrl);

  useEffect(() => {
    screen?.setLooks(looks);
  }, [screen, looks]);
  useEffect(() => {
    show(isActive);
  }, [show, isActive]);
  useEffect(() => {
    if (!isActive || screen === null) return;
    screen.fit();
    // The reader may be typing a name or a search: focus comes only to whom nothing else has it.
    if (document.activeElement === null || document.activeElement === document.body) screen.focus();
  }, [screen, isActive]);

  return (
    <div
      role="tabpanel"
      id={`terminal-${terminalId}`}
      aria-labelledby={`tab-${terminalId}`}
      className={classNames("absolute inset-0", !isActive && "invisible")}
      data-link={link.kind}
    >
      <div ref={element} className="absolute inset-0 top-1 left-2 overflow-hidden" />
      <LinkOverlay link={link} onRetry={retry} onClose={props.onClose} onReplace={props.onReplace} />
      {hoveredUrl !== null && (
        <p className="bg-raised text-ink-soft pointer-events-none absolute bottom-0 left-0 max-w-full truncate rounded-tr-md px-2.5 py-1 font-mono text-xs">
          {hoveredUrl}
        </p>
      )}
    </div>
  );
}

const CONNECTING: LinkState = { kind: "connecting" };

function useTerminal(
  { cohortId, terminalId, looks, questions, onPort, onLink }: TerminalViewProps,
  element: RefObject<HTMLDivElement | null>,
  onLinkHover: (url: string | null) => void,
) {
  const client = useTRPCClient();
  const [screen, setScreen] = useState<TerminalScreen | null>(null);
  const [link, setLink] = useState(CONNECTING);
  const [attempt, setAttempt] = useState(0);
  const firstLooks = useRef(looks);
  const opened = useRef<TerminalLink | null>(null);
  const isShown = useRef(true);

  useEffect(() => {
    const host = element.current;
    if (host === null) return undefined;
    const abort = new AbortController();
    const tell = (next: LinkState) => {
      setLink(next);
      onLink(terminalId, next);
    };
    void loadTerminalLink()
      .then(({ openTerminal }) =>
        openTerminal({
          element: host,
          looks: firstLooks.current,
          issueTicket: () => takeTicket(client, { cohortId, terminalId }),
          questions: { ...questions, onLinkHover },
          onState: tell,
          signal: abort.signal,
        }),
      )
      .then((made) => {
        if (made === null) return;
        opened.current = made;
        made.show(isShown.current);
        setScreen(made.screen);
        onPort(terminalId, { screen: made.screen });
      })
      .catch(() => {
        // The emulator's own chunk did not come: the network is away.
        if (!abort.signal.aborted) tell({ kind: "refused", message: "The terminal could not be loaded." });
      });
    return () => {
      abort.abort();
      opened.current?.dispose();
      opened.current = null;
      setScreen(null);
      onPort(terminalId, null);
    };
  }, [client, cohortId, terminalId, questions, onPort, onLink, onLinkHover, element, attempt]);

  return {
    screen,
    link,
    show: useCallback((isNowShown: boolean) => {
      isShown.current = isNowShown;
      opened.current?.show(isNowShown);
    }, []),
    retry: () => {
      setLink(CONNECTING);
      setAttempt((count) => count + 1);
    },
  };
}
