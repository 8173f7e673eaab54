"use client";

import { useLayoutEffect, useRef } from "react";
import { writeClipboard } from "@/app/_lib/clipboard";
import { classNames } from "@/app/_lib/class-names";

interface StepHtmlProps {
  /** Sanitized by the labs room: nothing else may come here. */
  readonly html: string;
  /** Types an author's command into the active terminal. Absent where there is none. */
  readonly onRun?: ((command: string) => void) | undefined;
  readonly className?: string;
}

const ICONS = {
  copy: '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true"><rect x="8" y="8" width="13" height="13" rx="2"/><path d="M4 16a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1h11a1 1 0 0 1 1 1"/></svg>',
  done: '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true"><path d="m5 13 4 4L19 7"/></svg>',
  run: '<svg viewBox="0 0 24 24" fill="currentColor" aria-hidden="true"><path d="M7 4.500v15l12-7.500z"/></svg>',
} as const;
const COPIED_SHOWN_MS = 1_500;

/** An author's text. Fences get a copy button; those marked to run get one that types them into the terminal. */
export function StepHtml({ html, onRun, className }: StepHtmlProps) {
  const root = useRef<HTMLDivElement>(null);
  const run = useRef(onRun);
  useLayoutEffect(() => {
    run.current = onRun;
  });
  useLayoutEffect(() => {
    const fences = [...(root.current?.querySelectorAll("pre") ?? [])].map((pre) =>
      dressFence(pre, (command) => run.current?.(command)),
    );
    return () => {
      for (const undress of fences) undress();
    };
  }, [html]);
  return (
    <div ref={root} className={classNames("prose", className)} dangerouslySetInnerHTML={{ __html: html }} />
  );
}

function dressFence(pre: HTMLPreElement, onRun: (command: string) => void): () => void {
  const fence = document.createElement("div");
  const actions = document.createElement("div");
  const command = pre.textContent.replace(/\n+$/, "");
  const isCommand = "run" in pre.dataset;
  fence.className = "fence";
  actions.className = "fence-actions";
  if (isCommand) fence.dataset["run"] = "";
  if (isCommand) {
    actions.append(
      makeButton("run", "Run", "Run in the terminal", () => {
        onRun(command);
      }),
    );
  }
  actions.append(makeCopyButton(command));
  pre.replaceWith(fence);
  fence.append(pre, actions);
  return () => {
    fence.replaceWith(pre);
  };
}

function makeCopyButton(text: string): HTMLButtonElement {
  const button = makeButton("copy", "", "Copy", () => {
    void writeClipboard(text).then((isCopied) => {
      button.innerHTML = isCopied ? ICONS.done : ICONS.copy;
      button.setAttribute("aria-label", isCopied ? "Copied" : "Select the text and copy it by hand");
      setTimeout(() => {
        button.innerHTML = ICONS.copy;
        button.setAttribute("aria-label", "Copy");
      }, COPIED_SHOWN_MS);
    });
  });
  return button;
}

function makeButton(
  kind: "run" | "copy",
  ...[text, label, onClick]: [string, string, () => void]
): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset["kind"] = kind;
  button.title = label;
  button.setAttribute("aria-label", label);
  button.innerHTML = ICONS[kind];
  if (text !== "") button.append(text);
  button.addEventListener("click", onClick);
  return button;
}
