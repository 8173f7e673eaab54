import { toast } from "sonner";
import { readApiError } from "@/app/_lib/api-error";
import { randomUuid } from "@/app/_lib/random-uuid";
import { TerminalConnection, type TerminalConnectionState } from "@/app/_lib/terminal-connection";
import type { LinkState } from "./link-state";
import { isTerminalReply } from "./terminal-reply";
import { TerminalScreen, type ScreenListeners, type ScreenLooks } from "./terminal-screen";

export interface OpenTerminalOptions {
  readonly element: HTMLElement;
  readonly looks: ScreenLooks;
  readonly issueTicket: () => Promise<string>;
  readonly questions: Pick<ScreenListeners, "mayPaste" | "mayOpenLink" | "mayWriteClipboard" | "onLinkHover">;
  readonly onState: (state: LinkState) => void;
  /** Aborted when the element goes away before the terminal is there. */
  readonly signal: AbortSignal;
}

/** An emulator joined to its shell. */
export interface TerminalLink {
  readonly screen: TerminalScreen;
  /** Whether its tab is the one in front. */
  show(isShown: boolean): void;
  /** Takes both down; the shell goes on. */
  dispose(): void;
}

/** Output that comes this soon after a redraw belongs to it: programs that asked something then have their answer. */
const REPLAY_SETTLE_MS = 250;
const utf8 = new TextEncoder();

/** Puts a terminal into the element and joins it to its shell. Null when it was aborted meanwhile. */
export async function openTerminal(options: OpenTerminalOptions): Promise<TerminalLink | null> {
  const replay = new Replay();
  const type = (bytes: Uint8Array) => {
    if (!connection.type(bytes))
      toast.error("Too much is waiting to be typed", { id: "terminal-input-full" });
  };
  const screen = await TerminalScreen.open(options.element, options.looks, {
    ...options.questions,
    // What a program copied before we came was asked about then, or was for another screen.
    mayWriteClipboard: async (text) => !replay.isRunning && (await options.questions.mayWriteClipboard(text)),
    onInput: (text) => {
      if (!(replay.isRunning || document.hidden) || !isTerminalReply(text)) type(utf8.encode(text));
    },
    onBinaryInput: type,
    onSize: (size) => {
      connection.resize(size);
    },
  });
  const connection = connect(screen, replay, options);
  let isInFront = true;
  const wake = () => {
    connection.show(isInFront && !document.hidden);
    if (document.hidden) return;
    connection.wake();
    // Another device may have changed the shell's size meanwhile: whoever looks at it decides.
    screen.fit();
  };
  for (const [target, name] of WAKERS()) target.addEventListener(name, wake);
  const link = {
    screen,
    show: (isShown: boolean) => {
      isInFront = isShown;
      connection.show(isShown && !document.hidden);
    },
    dispose: () => {
      for (const [target, name] of WAKERS()) target.removeEventListener(name, wake);
      replay.dispose();
      connection.dispose();
      screen.dispose();
    },
  };
  if (options.signal.aborted) {
    link.dispose();
    return null;
  }
  connection.resize(screen.size);
  connection.open();
  return link;
}

const WAKERS = () =>
  [
    [window, "online"],
    [window, "focus"],
    [document, "visibilitychange"],
  ] as const;

function connect(screen: TerminalScreen, replay: Replay, options: OpenTerminalOptions): TerminalConnection {
  let state: TerminalConnectionState = { kind: "connecting" };
  let latencyMs: number | null = null;
  const tell = () => {
    options.onState(linkStateOf(state, latencyMs));
  };
  return new TerminalConnection({
    getTicket: options.issueTicket,
    readRefusal: (error) => {
      const { code, isRetryable } = readApiError(error);
      if (code === "terminal.not-found") return "gone";
      return isRetryable ? undefined : "refused";
    },
    clientId: randomUuid(),
    sink: {
      write: (bytes) =>
        screen.write(bytes).finally(() => {
          replay.touch();
        }),
      reset: () => {
        replay.start();
        screen.reset();
      },
      follow: (size) => {
        screen.follow(size);
      },
    },
    onState: (next) => {
      state = next;
      tell();
    },
    onLatency: (next) => {
      latencyMs = next;
      tell();
    },
    environment: {
      origin: location.origin,
      createWebSocket: (url) => new WebSocket(url),
      createEventSource: (url) => new EventSource(url),
      fetch: window.fetch.bind(window),
    },
    random: Math.random,
    nowMs: () => performance.now(),
  });
}

/**
 * Knows whether what is being drawn happened before we came. A redraw brings old output, and with it old questions of old
 * programs: answering them again would type the answers into whatever runs now.
 */
class Replay {
  #timer: ReturnType<typeof setTimeout> | undefined;
  isRunning = false;

  start(): void {
    this.isRunning = true;
    this.touch();
  }

  /** Something was drawn: the redraw may not be over. */
  touch(): void {
    if (!this.isRunning) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.isRunning = false;
    }, REPLAY_SETTLE_MS);
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }
}

const REFUSALS: Readonly<Record<number, string>> = {
  0: "You may not open this terminal any more. Load the page again to sign in.",
  4401: "Your sign-in has ended. Load the page again.",
  4403: "This page may not open a terminal. Open Slipway at its own address.",
  4409: "This page's connection was taken over by another one.",
};

function linkStateOf(state: TerminalConnectionState, latencyMs: number | null): LinkState {
  switch (state.kind) {
    case "connecting":
    case "reconnecting":
      return { kind: state.kind };
    case "live":
      return { kind: "connected", latencyMs, transport: "websocket" };
    case "fallback":
      return { kind: "connected", latencyMs, transport: "http" };
    case "exited":
      return { kind: "exited", exitCode: state.exitCode };
    case "gone":
      return { kind: "gone" };
    case "refused":
      return {
        kind: "refused",
        message: REFUSALS[state.code] ?? "The server ended the connection.",
      };
  }
}
