"use client";

import { useMutation } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPCClient } from "@/app/_lib/api";
import { readApiError } from "@/app/_lib/api-error";
import { waitWords } from "@/app/_lib/durations";
import { useNow } from "@/app/_lib/use-now";
import { Button } from "@/app/_ui/button";
import { classNames } from "@/app/_lib/class-names";
import type { SandboxView } from "@/server/protocol/views";

interface SandboxWaitProps {
  readonly cohortId: string;
  readonly sandbox: SandboxView;
}

/** In the terminal's place until there is one: what is going on, how long it usually takes, what can be done. */
export function SandboxWait({ cohortId, sandbox }: SandboxWaitProps) {
  const nowMs = useNow(1_000);
  const client = useTRPCClient();
  const request = useMutation({
    mutationFn: () => client.sandboxes.request.mutate({ cohortId }),
    onError: (error) => {
      toast.error("The sandbox was not asked for", { description: readApiError(error).message });
    },
  });
  const words = wordsOf(sandbox, nowMs);
  return (
    <div role="status" className="flex h-full flex-col justify-center px-8 py-6">
      <div className="mx-auto w-full max-w-sm">
        <Planks progress={words.progress} />
        <h2 className="mt-5 text-[15px] font-semibold">{words.title}</h2>
        <p className="text-ink-soft mt-1 text-[13px]">{words.text}</p>
        {words.action !== null && (
          <Button
            tone="primary"
            className="mt-4"
            disabled={request.isPending}
            onClick={() => {
              request.mutate();
            }}
          >
            {request.isPending ? "Asking…" : words.action}
          </Button>
        )}
      </div>
    </div>
  );
}

interface WaitWords {
  readonly title: string;
  readonly text: string;
  /** 0 to 1; null when it cannot be known. */
  readonly progress: number | null;
  readonly action: string | null;
}

function wordsOf(sandbox: SandboxView, nowMs: number): WaitWords {
  switch (sandbox.state) {
    case "none":
      return waiting("Asking for your sandbox", "A machine of your own, with its own Docker Engine.");
    case "ready":
      return waiting("Opening your terminal", "Your sandbox is ready.");
    case "queued":
      return {
        title: sandbox.place === 1 ? "You are next" : `You are number ${String(sandbox.place)} in the queue`,
        text: `${WAITS_FOR_WORDS[sandbox.waitsFor ?? "capacity"]} ${etaWords(sandbox.etaSeconds)} You keep your place, also if you close this page; read the first step meanwhile.`,
        progress: null,
        action: null,
      };
    case "starting":
      return startingWords(sandbox, nowMs);
    case "asleep":
      return {
        title: "Your sandbox is asleep",
        text: "Nobody was here for a while. Everything in it is kept; waking takes a few seconds.",
        progress: null,
        action: "Wake it",
      };
    case "unreachable":
      return waiting(
        "Your sandbox cannot be reached",
        "Your work in it is safe. We keep trying, and your terminal comes back by itself.",
      );
    case "failed":
      return {
        title: "Your sandbox did not start",
        text: sandbox.isRetrying
          ? `${sandbox.message} We are trying again.`
          : `${sandbox.message} If a new try fails too, tell your instructor.`,
        progress: null,
        action: sandbox.isRetrying ? null : "Try again",
      };
  }
}

const WAITS_FOR_WORDS = {
  capacity: "All sandboxes are busy.",
  memory: "The sandbox host is short of memory. Tell your instructor; running sandboxes are not affected.",
  disk: "The sandbox host is short of disk space. Tell your instructor; running sandboxes are not affected.",
} as const;

function startingWords(sandbox: Extract<SandboxView, { state: "starting" }>, nowMs: number): WaitWords {
  const { usualSeconds, sinceMs } = sandbox;
  const title = "Starting your sandbox";
  if (usualSeconds === null) return waiting(title, "The first one after an update takes a little longer.");
  const elapsedSeconds = (nowMs - sinceMs) / 1_000;
  const isLate = elapsedSeconds > usualSeconds * 2;
  return {
    title,
    text: isLate
      ? `It usually takes ${waitWords(usualSeconds)}; this one takes longer. We are still on it.`
      : `It usually takes ${waitWords(usualSeconds)}.`,
    progress: Math.min(0.95, elapsedSeconds / Math.max(1, usualSeconds)),
    action: null,
  };
}

function waiting(title: string, text: string): WaitWords {
  return { title, text, progress: null, action: null };
}

function etaWords(etaSeconds: number | null): string {
  return etaSeconds === null
    ? "We cannot say yet how long it takes."
    : `Yours comes in ${waitWords(etaSeconds)}.`;
}

const PLANK_COUNT = 12;

function Planks({ progress }: { readonly progress: number | null }) {
  return (
    <div aria-hidden className={classNames("flex gap-1", progress === null && "animate-breathe")}>
      {Array.from({ length: PLANK_COUNT }, (_, plank) => (
        <span
          key={plank}
          className={classNames(
            "slant h-5 w-2 rounded-[1px] transition-colors duration-150",
            progress !== null && plank + 1 <= progress * PLANK_COUNT ? "bg-accent" : "bg-line-strong/50",
          )}
        />
      ))}
    </div>
  );
}
