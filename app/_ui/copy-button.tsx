"use client";

import { Check, Copy } from "lucide-react";
import { useEffect, useState, type ComponentProps } from "react";
import { writeClipboard } from "@/app/_lib/clipboard";
import { Button } from "./button";

const SHOWN_MS = 1_500;

interface CopyButtonProps extends Omit<ComponentProps<typeof Button>, "onClick" | "children"> {
  readonly text: string;
  readonly label: string;
}

/** Copies its text and says so, in the button and to screen readers. */
export function CopyButton({ text, label, ...button }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<"idle" | "copied" | "refused">("idle");
  useEffect(() => {
    if (outcome === "idle") return undefined;
    const timer = setTimeout(() => {
      setOutcome("idle");
    }, SHOWN_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [outcome]);
  const words = { idle: label, copied: "Copied", refused: "Select and copy it by hand" }[outcome];
  return (
    <Button
      {...button}
      onClick={async () => {
        setOutcome((await writeClipboard(text)) ? "copied" : "refused");
      }}
    >
      {outcome === "copied" ? <Check aria-hidden /> : <Copy aria-hidden />}
      <span aria-live="polite">{words}</span>
    </Button>
  );
}
