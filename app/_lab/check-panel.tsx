"use client";

import { Circle } from "lucide-react";
import { useEffect, useRef } from "react";
import { classNames } from "@/app/_lib/class-names";
import { timeWords } from "@/app/_lib/durations";
import type { AttemptView, CheckResultView, StepView } from "@/server/protocol/views";
import { VERDICT_WORDS, VerdictIcon } from "./verdict-icon";

interface CheckPanelProps {
  readonly step: StepView;
  readonly isRunning: boolean;
}

/** What the step is judged by and what the last look saw: expected beside seen, for each check. */
export function CheckPanel({ step, isRunning }: CheckPanelProps) {
  const panel = useRef<HTMLElement>(null);
  const wasAsked = useRef(false);
  useEffect(() => {
    // The reader who asked sees the answer come, also from the top of a long step.
    if (wasAsked.current || isRunning) panel.current?.scrollIntoView({ block: "nearest" });
    wasAsked.current = isRunning;
  }, [isRunning]);
  if (step.checkTitles.length === 0) return null;
  const attempt = step.lastAttempt;
  return (
    <section
      ref={panel}
      aria-label="Checks"
      className="border-line bg-panel mt-8 overflow-hidden rounded-lg border"
    >
      <header className="border-line flex items-center gap-2 border-b px-3.5 py-2.5">
        <h2 className="text-ink text-[13px] font-semibold">Checks</h2>
        <p role="status" className="text-ink-soft ml-auto text-xs tabular-nums">
          {isRunning ? "Looking into your sandbox…" : attempt === null ? "Not checked yet" : summary(attempt)}
        </p>
      </header>
      {attempt === null || isRunning ? (
        <ul className={classNames("divide-line divide-y", isRunning && "animate-breathe")}>
          {step.checkTitles.map((title) => (
            <li key={title} className="text-ink-soft flex items-start gap-2.5 px-3.5 py-2.5 text-[13px]">
              <Circle aria-hidden className="text-ink-faint mt-0.5 size-4 shrink-0" />
              {title}
            </li>
          ))}
        </ul>
      ) : (
        <ul className="divide-line divide-y">
          {attempt.checks.map((check) => (
            <CheckRow key={check.checkId} check={check} />
          ))}
        </ul>
      )}
    </section>
  );
}

function CheckRow({ check }: { readonly check: CheckResultView }) {
  return (
    <li className="flex items-start gap-2.5 px-3.5 py-2.5 text-[13px]" data-verdict={check.verdict}>
      <VerdictIcon verdict={check.verdict} className="mt-0.5 size-4" />
      <div className="min-w-0 flex-1">
        <p className="text-ink flex gap-2 font-medium">
          <span className="min-w-0 flex-1">{check.title}</span>
          <span className={classNames("shrink-0 text-xs leading-5", INKS[check.verdict])}>
            {VERDICT_WORDS[check.verdict]}
          </span>
        </p>
        <dl className="mt-1 grid grid-cols-[4.5rem_1fr] gap-y-0.5 text-xs leading-5">
          {check.verdict !== "passed" && (
            <>
              <dt className="text-ink-faint">Expected</dt>
              <dd className="text-ink-soft break-words whitespace-pre-line">{check.expected}</dd>
            </>
          )}
          <dt className="text-ink-faint">Seen</dt>
          <dd className="text-ink-soft break-words whitespace-pre-line">{check.seen}</dd>
        </dl>
        {check.hint !== null && check.verdict !== "passed" && (
          <p className="border-warn text-ink mt-1.5 border-l-2 pl-2.5 text-xs leading-5">{check.hint}</p>
        )}
        {check.verdict === "errored" && (
          <p className="text-ink-soft mt-1 text-xs">
            This does not count against you. Check again in a moment.
          </p>
        )}
      </div>
    </li>
  );
}

const INKS = { passed: "text-accent", failed: "text-bad", errored: "text-warn" } as const;

function summary(attempt: AttemptView): string {
  const passed = attempt.checks.filter((check) => check.verdict === "passed").length;
  const count = `${String(passed)} of ${String(attempt.checks.length)} pass`;
  const how = attempt.trigger === "automatic" ? "seen by itself" : "checked";
  return `${count} · ${how} ${timeWords(attempt.at)}`;
}
