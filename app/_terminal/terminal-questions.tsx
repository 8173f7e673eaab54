import { toast } from "sonner";
import { PASTE_CHARACTERS_MAX, type PastePlan } from "@/app/_lib/paste-guard";
import type { ScreenListeners } from "./terminal-screen";
import type { Question } from "./use-ask";

type Ask = (question: Question) => Promise<boolean>;

const PREVIEW_CHARACTERS = 2_000;
const LINK_CHARACTERS = 300;

/** The questions that a terminal puts to its reader before it acts outside of itself. */
export function terminalQuestions(
  ask: Ask,
): Pick<ScreenListeners, "mayPaste" | "mayOpenLink" | "mayWriteClipboard"> {
  // One answer counts until the page is loaded again: a program must not be able to ask for ever.
  let clipboardAnswer: Promise<boolean> | undefined;
  return {
    mayPaste: (plan) => askPaste(ask, plan),
    mayOpenLink: (url) =>
      ask({
        title: "Open this link?",
        description: "A program in your sandbox wrote it. It opens in a new tab.",
        body: <Preview text={url.slice(0, LINK_CHARACTERS)} />,
        yes: "Open it",
        no: "Stay here",
        first: "no",
      }),
    mayWriteClipboard: (text) => {
      clipboardAnswer ??= ask({
        title: "May programs in your sandbox copy to your clipboard?",
        description: "One of them wants to put this there. Your answer counts until you load the page again.",
        body: <Preview text={text.slice(0, PREVIEW_CHARACTERS)} />,
        yes: "Allow",
        no: "Refuse",
        first: "no",
      });
      return clipboardAnswer;
    },
  };
}

async function askPaste(ask: Ask, plan: PastePlan): Promise<boolean> {
  if (plan.isTooLong) {
    toast.error("That is too much to paste", {
      description: `At most ${String(PASTE_CHARACTERS_MAX / 1024 / 1024)} MiB at once. Put it into a file instead.`,
    });
    return false;
  }
  return ask({
    title: `Paste ${String(plan.lineCount)} lines?`,
    description: plan.hadControlCharacters
      ? "A shell may run each line at once. Characters that steer terminals were taken out."
      : "A shell may run each line at once.",
    body: <Preview text={plan.text.slice(0, PREVIEW_CHARACTERS)} />,
    yes: "Paste",
    no: "Cancel",
    first: "yes",
  });
}

function Preview({ text }: { readonly text: string }) {
  return (
    <pre className="bg-well border-line max-h-64 overflow-auto rounded-md border p-3 font-mono text-xs break-all whitespace-pre-wrap">
      {text}
    </pre>
  );
}
