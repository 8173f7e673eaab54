import type { SandboxView } from "../../../server/protocol";
import type { Attendee } from "../../support/attendee";
import { requireCluster } from "./attendee-cluster";

/** How an attendee came to their sandbox. Times in ms. */
export interface Arrival {
  /** From the visit. */
  readonly sandboxMs: number;
  /** Null for those who got it at once. */
  readonly wait: Wait | null;
}

export interface Wait {
  /** What the first estimate that they saw said was left; null when they saw none. */
  readonly shownMs: number | null;
  /** What was really left then. */
  readonly leftMs: number;
}

/** Visits, and follows what the attendee sees until their sandbox is ready. */
export async function followArrival(attendee: Attendee, timeoutMs: number): Promise<Arrival> {
  const { cohortId } = attendee;
  const startedAtMs = performance.now();
  let shown: { readonly atMs: number; readonly ms: number } | undefined;
  let hasWaited = false;
  const views = attendee.subscribe("sandboxes.watch", { cohortId }, AbortSignal.timeout(timeoutMs));
  for await (const each of views) {
    const view = each as SandboxView;
    const nowMs = performance.now();
    if (view.state === "failed") throw new Error(view.message);
    if (view.state === "ready") {
      requireCluster(view);
      const wait = { shownMs: shown?.ms ?? null, leftMs: nowMs - (shown?.atMs ?? startedAtMs) };
      return { sandboxMs: nowMs - startedAtMs, wait: hasWaited ? wait : null };
    }
    hasWaited = true;
    const ms = estimateOf(view);
    if (ms !== null) shown ??= { atMs: nowMs, ms };
  }
  throw new Error("the sandbox's subscription ended");
}

/** What a reader takes to be left, from a place in the queue or from what a start usually takes. */
function estimateOf(view: SandboxView): number | null {
  if (view.state === "queued") return view.etaSeconds === null ? null : view.etaSeconds * 1_000;
  if (view.state !== "starting" || view.usualSeconds === null) return null;
  return Math.max(view.sinceMs + view.usualSeconds * 1_000 - Date.now(), 0);
}

/** How far the estimate was from the truth, in percent of the truth; null where there was none. */
export function etaErrorPercent({ wait }: Arrival): number | null {
  if (wait?.shownMs === undefined || wait.shownMs === null) return null;
  return (Math.abs(wait.shownMs - wait.leftMs) / wait.leftMs) * 100;
}
