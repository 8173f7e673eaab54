import { waitWords } from "@/app/_lib/durations";
import type { SandboxStartKind, SandboxView } from "@/server/protocol/views";
import { hasCluster, profileWords } from "./profile-words";

/** What the reader can do while there is no sandbox. */
export type WaitAction = "wake" | "retry" | "reset" | "replace";

export interface WaitWords {
  readonly title: string;
  readonly text: string;
  /** 0 to 1; null when it cannot be known. */
  readonly progress: number | null;
  /** How long it has been, beside how long it usually is: "7 s · usually 10 s". Null when there is nothing to compare. */
  readonly clock: string | null;
  readonly actions: readonly WaitAction[];
}

type Starting = Extract<SandboxView, { state: "starting" }>;

/** What is going on until there is a terminal, how long it usually takes, what can be done. Promises nothing that was not measured. */
export function wordsOfWait(sandbox: SandboxView, nowMs: number): WaitWords {
  switch (sandbox.state) {
    case "none":
      return waiting("Asking for your sandbox", "A machine of your own, with its own Docker Engine.");
    case "ready":
      return waiting("Opening your terminal", "Your sandbox is ready.");
    case "queued":
      return waiting(
        sandbox.place === 1 ? "You are next" : `You are number ${String(sandbox.place)} in the queue`,
        `${WAITS_FOR[sandbox.waitsFor ?? "capacity"]} ${etaWords(sandbox.etaSeconds)} You keep your place, also if you close this page; read the first step meanwhile.`,
      );
    case "starting":
      return startingWords(sandbox, nowMs);
    case "asleep":
      return {
        ...waiting(
          "Your sandbox is asleep",
          `Nobody was here for a while. ${keptWords(sandbox)} Waking takes seconds, not minutes.`,
        ),
        actions: ["wake"],
      };
    case "unreachable":
      return waiting(
        "Your sandbox cannot be reached",
        "Your work in it is safe. We keep trying, and your terminal comes back by itself.",
      );
    case "failed":
      return failedWords(sandbox);
  }
}

const WAITS_FOR = {
  capacity: "All sandboxes are busy.",
  memory: "The sandbox host is short of memory. Tell your instructor; running sandboxes are not affected.",
  disk: "The sandbox host is short of disk space. Tell your instructor; running sandboxes are not affected.",
  host: "The sandbox host is not answering. We keep trying; running terminals are not affected.",
} as const;

const TITLES = {
  create: "Starting your sandbox",
  wake: "Waking your sandbox",
  reset: "Resetting your sandbox",
  replace: "Making you a new sandbox",
  change: "Changing your sandbox",
} as const satisfies Record<SandboxStartKind, string>;

function whatHappens(sandbox: Starting): string {
  switch (sandbox.what) {
    case "create":
    case "replace":
      return `You get ${profileWords(sandbox.profile).means}.`;
    case "change":
      return `You get ${profileWords(sandbox.profile).means}, with your home folder as it was.`;
    case "wake":
      return keptWords(sandbox);
    case "reset":
      return hasCluster(sandbox.profile)
        ? "A fresh Docker Engine and a fresh cluster are on their way."
        : "A fresh Docker Engine is on its way.";
  }
}

function keptWords(sandbox: Extract<SandboxView, { state: "starting" | "asleep" }>): string {
  return hasCluster(sandbox.profile)
    ? "Your files, images and containers are kept, and so is the cluster."
    : "Your files, images and containers are kept.";
}

/** From here on the bar stands still: what is late must not look nearly done. */
const PROGRESS_MAX = 0.92;

function startingWords(sandbox: Starting, nowMs: number): WaitWords {
  const { usualSeconds, sinceMs, what } = sandbox;
  // The reader's clock may be behind ours.
  const elapsedSeconds = Math.max(0, nowMs - sinceMs) / 1_000;
  const happens = whatHappens(sandbox);
  if (usualSeconds === null) {
    return waiting(
      TITLES[what],
      `${happens} It is the first here since the last update, so we cannot say how long it takes.`,
    );
  }
  const isLate = elapsedSeconds > Math.max(usualSeconds * 1.5, usualSeconds + 3);
  return {
    title: TITLES[what],
    text: `${happens} ${
      isLate
        ? `That usually takes ${waitWords(usualSeconds)}; this time it is longer. We are still on it.`
        : `That usually takes ${waitWords(usualSeconds)}.`
    }`,
    progress: isLate ? null : Math.min(PROGRESS_MAX, elapsedSeconds / Math.max(1, usualSeconds)),
    clock: `${String(Math.floor(elapsedSeconds))} s · usually ${String(Math.max(1, Math.round(usualSeconds)))} s`,
    actions: [],
  };
}

function failedWords({
  message,
  isRetrying,
  mayReset,
}: Extract<SandboxView, { state: "failed" }>): WaitWords {
  const again: readonly WaitAction[] = isRetrying ? [] : ["retry"];
  if (mayReset) {
    return {
      ...waiting(
        "Your sandbox does not come up",
        `${message} ${isRetrying ? "We are trying again. " : ""}What is in it is still there. A reset can keep your home folder; a replacement begins from nothing.`,
      ),
      actions: [...again, "reset", "replace"],
    };
  }
  return {
    ...waiting(
      "Your sandbox did not start",
      `${message} ${isRetrying ? "We are trying again." : "If a new try fails too, tell your instructor."}`,
    ),
    actions: again,
  };
}

function waiting(title: string, text: string): WaitWords {
  return { title, text, progress: null, clock: null, actions: [] };
}

function etaWords(etaSeconds: number | null): string {
  return etaSeconds === null
    ? "We cannot say yet how long it takes."
    : `Yours comes in ${waitWords(etaSeconds)}.`;
}
