/** `failed` is the attendee's to change; `errored` is ours and never counted against them. */
export type Verdict = "passed" | "failed" | "errored";

/** What is kept of one judged check. Stored in `Attempt.checks` as a list of these. */
export interface CheckResult {
  readonly checkId: string;
  readonly title: string;
  readonly verdict: Verdict;
  /** Sentences for the attendee; they hold no expected value of a secret check. */
  readonly expected: string;
  readonly seen: string;
  readonly hint: string | null;
  /** What was read in the sandbox, for the instructor; bounded, never sent to the attendee. */
  readonly evidence: unknown;
}

/** One immutable record of one judgement of one step. */
export interface Attempt {
  readonly attemptId: string;
  readonly labSessionId: string;
  readonly stepId: string;
  readonly verdict: Verdict;
  readonly trigger: "attendee" | "automatic";
  readonly checks: readonly CheckResult[];
  readonly at: Date;
  readonly durationMs: number;
}

/** A step is passed when every check is; one that errored makes the whole step ours unless another one failed. */
export function verdictOf(results: readonly Pick<CheckResult, "verdict">[]): Verdict {
  if (results.some(({ verdict }) => verdict === "failed")) return "failed";
  return results.some(({ verdict }) => verdict === "errored") ? "errored" : "passed";
}

/** Most that one attempt's evidence may take in the database, as JSON. */
export const EVIDENCE_BYTES_MAX = 64 * 1024;

/** The same results with the largest pieces of evidence cut until all of it fits `bytesMax`. */
export function capEvidence(results: readonly CheckResult[], bytesMax = EVIDENCE_BYTES_MAX): CheckResult[] {
  const shareBytes = Math.floor(bytesMax / Math.max(1, results.length));
  return results.map((result) => {
    const json = JSON.stringify(result.evidence ?? null);
    if (Buffer.byteLength(json) <= shareBytes) return result;
    // A quarter, because the excerpt is escaped again and characters may take several bytes.
    return { ...result, evidence: { isTruncated: true, excerpt: json.slice(0, Math.floor(shareBytes / 4)) } };
  });
}
