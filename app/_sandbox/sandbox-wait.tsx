"use client";

import { useMutation } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPCClient } from "@/app/_lib/api";
import { readApiError } from "@/app/_lib/api-error";
import { classNames } from "@/app/_lib/class-names";
import { useNow } from "@/app/_lib/use-now";
import { Button } from "@/app/_ui/button";
import type { SandboxView } from "@/server/protocol/views";
import type { SandboxDialog } from "./sandbox-dialogs";
import type { SandboxAddress } from "./use-sandbox-change";
import { wordsOfWait, type WaitAction } from "./wait-words";

interface SandboxWaitProps {
  readonly address: SandboxAddress;
  readonly sandbox: SandboxView;
  readonly onDialog: (dialog: SandboxDialog) => void;
}

/** In the terminal's place until there is one: what is going on, how long it usually takes, what can be done. */
export function SandboxWait({ address, sandbox, onDialog }: SandboxWaitProps) {
  const nowMs = useNow(1_000);
  const client = useTRPCClient();
  const request = useMutation({
    mutationFn: () => client.sandboxes.request.mutate(address),
    onError: (error) => {
      toast.error("The sandbox was not asked for", { description: readApiError(error).message });
    },
  });
  const words = wordsOfWait(sandbox, nowMs);
  const act = (action: WaitAction) => {
    if (action === "reset" || action === "replace") onDialog(action);
    else request.mutate();
  };
  return (
    <div className="flex h-full flex-col justify-center overflow-y-auto px-8 py-6">
      <div className="mx-auto w-full max-w-sm">
        <div className="flex items-center gap-4">
          <Planks progress={words.progress} />
          {words.clock !== null && (
            // Once a second is too often to be read out.
            <span aria-hidden className="label-mono text-ink-faint tabular-nums">
              {words.clock}
            </span>
          )}
        </div>
        <div role="status">
          <h2 className="mt-5 text-[15px] font-semibold">{words.title}</h2>
          <p className="text-ink-soft mt-1 text-[13px]">{words.text}</p>
        </div>
        {words.actions.length > 0 && (
          <div className="mt-4 flex flex-wrap gap-2">
            {words.actions.map((action, index) => (
              <Button
                key={action}
                tone={index === 0 ? "primary" : "outline"}
                disabled={request.isPending}
                onClick={() => {
                  act(action);
                }}
              >
                {request.isPending && index === 0 ? "Asking…" : ACTION_WORDS[action]}
              </Button>
            ))}
          </div>
        )}
      </div>
    </div>
  );
}

const ACTION_WORDS = {
  wake: "Wake it",
  retry: "Try again",
  reset: "Reset it…",
  replace: "Replace it…",
} as const satisfies Record<WaitAction, string>;

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
