"use client";

import { X } from "lucide-react";
import { useState, useSyncExternalStore } from "react";
import { dropRejoinCode, readKeptRejoinCode } from "@/app/_lib/rejoin-code";
import { Button } from "@/app/_ui/button";
import { RejoinCode } from "./rejoin-code-panel";

/** After joining: the code that brings the attendee back, beside the work and never in its way. */
export function RejoinCard({ cohortId }: { readonly cohortId: string }) {
  const kept = useSyncExternalStore(
    subscribeToNothing,
    () => readKeptRejoinCode(cohortId),
    () => null,
  );
  const [isSaved, setIsSaved] = useState(false);
  if (kept === null || isSaved) return null;
  const close = () => {
    dropRejoinCode(cohortId);
    setIsSaved(true);
  };
  return (
    <aside
      aria-label="Your rejoin code"
      className="animate-appear bg-panel border-line-strong shadow-float fixed right-3 bottom-3 z-30 w-[min(22rem,calc(100vw-1.5rem))] rounded-lg border p-4 max-[899px]:bottom-16"
    >
      <div className="mb-2.5 flex items-start gap-2">
        <div className="flex-1">
          <h2 className="text-[13px] font-semibold">Your way back</h2>
          <p className="text-ink-soft mt-0.5 text-xs leading-5">
            This code opens your sandbox from any device. Photograph it or copy it; it is also in the menu at
            the top.
          </p>
        </div>
        <Button tone="quiet" size="icon" className="-mt-1.5 -mr-1.5" aria-label="Close" onClick={close}>
          <X aria-hidden />
        </Button>
      </div>
      <RejoinCode code={kept} />
      <Button tone="primary" size="small" className="mt-3 w-full" onClick={close}>
        I have saved it
      </Button>
    </aside>
  );
}

const subscribeToNothing = () => () => undefined;
