import type { Step } from "../labs/catalog";
import type { Check } from "../labs/check";
import type { Clock } from "../platform/clock";
import type { SandboxId } from "../sandboxes/sandbox";
import type { CheckResult } from "./attempt";
import type { TakeSnapshot } from "./collect-evidence";
import { judgeCheck, judgeOnce, type JudgedCheck } from "./judge-check";

export interface EvaluateStepInput {
  readonly step: Pick<Step, "checks">;
  /** Undefined when the attendee has none: every check is errored then. */
  readonly sandboxId: SandboxId | undefined;
  /** False judges once; true gives each check its own time to come true. */
  readonly mayWait: boolean;
  readonly signal: AbortSignal;
}

export type EvaluateStep = (input: EvaluateStepInput) => Promise<readonly CheckResult[]>;

/**
 * Between two looks, a quarter of the time waited so far: soon enough to feel immediate at first, seldom enough for a room in which
 * everybody waits. A look into a cluster costs 10 ms of CPU here and as much in the sandbox.
 */
const POLL_MS = { min: 250, max: 2_000, share: 0.25 } as const;

/**
 * Judges every check of a step, all of them on one look into the sandbox. Those that are not passed are looked at again
 * until each has had its `waitSeconds`, unless waiting cannot mend them. Reads only; bounded by the longest wait and one look.
 */
export const createEvaluateStep =
  ({ takeSnapshot, clock }: { readonly takeSnapshot: TakeSnapshot; readonly clock: Clock }): EvaluateStep =>
  async ({ step, sandboxId, mayWait, signal }) => {
    if (sandboxId === undefined) {
      return step.checks.map((check) => judgeCheck(check, { ok: false, trouble: "no-sandbox" }));
    }
    const startedAtMs = clock.nowMs();
    const judged = new Map<string, JudgedCheck>();
    let waiting: readonly Check[] = step.checks;
    for (;;) {
      for (const each of await look(takeSnapshot(sandboxId, signal), waiting))
        judged.set(each.result.checkId, each);
      const elapsedMs = clock.nowMs() - startedAtMs;
      waiting = step.checks.filter((check) => {
        const last = judged.get(check.id);
        const mayStillCome = last?.result.verdict !== "passed" && last?.isFinal !== true;
        return mayStillCome && elapsedMs + POLL_MS.min <= check.waitSeconds * 1_000;
      });
      if (!mayWait || waiting.length === 0 || signal.aborted) break;
      const leftMs = Math.max(...waiting.map(({ waitSeconds }) => waitSeconds * 1_000)) - elapsedMs;
      const pauseMs = Math.max(elapsedMs * POLL_MS.share, POLL_MS.min);
      // The last look is at the very end of the time.
      await clock.sleep(Math.min(pauseMs, POLL_MS.max, leftMs), signal);
    }
    return step.checks.flatMap((check) => judged.get(check.id)?.result ?? []);
  };

async function look(snapshot: ReturnType<TakeSnapshot>, checks: readonly Check[]): Promise<JudgedCheck[]> {
  try {
    return await Promise.all(checks.map(async (check) => judgeOnce(check, await snapshot.collect(check))));
  } finally {
    snapshot.close();
  }
}
