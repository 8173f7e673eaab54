import type { CheckKind, Reason } from "../labs/check";

/** What a judge says of one check. `seen` describes the sandbox; `reason` picks the hint and is null when passed. */
export interface Judgement<Kind extends CheckKind = CheckKind> {
  readonly isPassed: boolean;
  readonly seen: string;
  readonly reason: Reason<Kind> | null;
  /** What to do about it, derived from what was seen; said where the author has no hint for the reason. */
  readonly hint?: string;
  /** True when waiting will not mend it. */
  readonly isFinal?: boolean;
}

export function passed(seen: string): Judgement<never> {
  return { isPassed: true, seen, reason: null };
}

export function failed<Kind extends CheckKind>(reason: Reason<Kind>, seen: string): Judgement<Kind> {
  return { isPassed: false, seen, reason };
}

/** `a`, `a and b`, `a, b and c`. */
export function listOf(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? "";
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;
}

/** Text of the sandbox fit for a sentence: one line without control characters, at most `lengthMax` characters. */
export function excerptOf(text: string, lengthMax = 160): string {
  const line = text
    .replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, "")
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+/g, " ")
    .trim();
  return line.length <= lengthMax ? line : `${line.slice(0, lengthMax - 1)}…`;
}
