import type { Profile } from "../protocol";
import { blockOf, spend, type AdmissionBlock, type CapacityBudget } from "./capacity";
import { startCoresOf } from "./profiles";
import type { SandboxId } from "./sandbox";
import { isWarm, type DesiredSandbox, type SandboxSnapshot } from "./sandbox-snapshot";

export interface AdmissionPlan {
  /** These are given a warm sandbox in place of their place in the queue. */
  readonly handedOver: readonly SandboxId[];
  /** A sandbox is made for these. */
  readonly admitted: readonly SandboxId[];
  readonly admissionBlock: AdmissionBlock;
  readonly budget: CapacityBudget;
  /** Left for further starts. */
  readonly cores: number;
}

/**
 * Takes the queue in the order of asking: whoever a warm sandbox serves is given it, the others a new one while it fits and there are
 * cores to make it with. Nobody overtakes: the first who has to wait makes all after them wait, unless a warm one serves them.
 */
export function planAdmission(
  snapshot: SandboxSnapshot,
  left: { readonly budget: CapacityBudget; readonly cores: number },
): AdmissionPlan {
  const warmCounts = countWarm(snapshot.desired.filter((sandbox) => !hasEnded(sandbox, snapshot)));
  const handedOver: SandboxId[] = [];
  const admitted: SandboxId[] = [];
  let { budget, cores } = left;
  let admissionBlock: AdmissionBlock = null;
  let isStopped = false;
  for (const { id, profile } of queueOf(snapshot)) {
    const warmCount = warmCounts.get(profile) ?? 0;
    if (warmCount > 0) {
      warmCounts.set(profile, warmCount - 1);
      handedOver.push(id);
      continue;
    }
    if (isStopped) continue;
    admissionBlock = blockOf(budget, profile, snapshot.plans);
    const needed = startCoresOf(profile, snapshot.startCores);
    isStopped = admissionBlock !== null || cores < needed;
    if (isStopped) continue;
    admitted.push(id);
    budget = spend(budget, profile, snapshot.plans);
    cores -= needed;
  }
  return { handedOver, admitted, admissionBlock, budget, cores: isStopped ? 0 : cores };
}

/** Everybody who waits, first come first. */
export function queueOf({
  desired,
  inFlight,
}: Pick<SandboxSnapshot, "desired" | "inFlight">): DesiredSandbox[] {
  return desired
    .filter((sandbox) => sandbox.phase === "requested" && !inFlight.has(sandbox.id))
    .sort((a, b) => a.requestedAtMs - b.requestedAtMs);
}

function countWarm(desired: readonly DesiredSandbox[]): Map<Profile, number> {
  const counts = new Map<Profile, number>();
  for (const { profile } of desired.filter(isWarm)) counts.set(profile, (counts.get(profile) ?? 0) + 1);
  return counts;
}

/** A warm one that the driver does not have running is nothing to give away. */
function hasEnded({ id, phase }: DesiredSandbox, { observed }: SandboxSnapshot): boolean {
  return phase === "ready" && observed.find((seen) => seen.id === id)?.state !== "running";
}
