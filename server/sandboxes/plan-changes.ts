import type { Profile } from "../protocol";
import { blockOf, giveBack, spend, type AdmissionBlock, type CapacityBudget } from "./capacity";
import { startCoresOf, stateOfProfile } from "./profiles";
import type { SandboxId } from "./sandbox";
import { profileToBecome, type DesiredSandbox, type SandboxSnapshot } from "./sandbox-snapshot";

export interface ProfileChange {
  readonly id: SandboxId;
  readonly enrollmentId: string | null;
  /** What it becomes. */
  readonly profile: Profile;
}

export interface ChangesPlan {
  /** These become another profile now. */
  readonly changed: readonly ProfileChange[];
  /** Why the first who waits for that does not; null when it is only a matter of turns. */
  readonly changeBlock: AdmissionBlock;
  readonly budget: CapacityBudget;
  /** Left for further starts. */
  readonly cores: number;
}

/**
 * Who has asked for another profile gets it in what the queue has left: they have a sandbox meanwhile. Only the difference must fit,
 * first come first, and nobody overtakes.
 */
export function planChanges(
  snapshot: Pick<SandboxSnapshot, "desired" | "inFlight" | "plans" | "profileStates" | "startCores">,
  left: { readonly budget: CapacityBudget; readonly cores: number },
): ChangesPlan {
  const { plans, profileStates } = snapshot;
  const changed: ProfileChange[] = [];
  let { budget, cores } = left;
  for (const sandbox of desiredChanges(snapshot)) {
    const { id, enrollmentId, nextProfile: profile } = sandbox;
    if (profile === null || stateOfProfile(profile, profileStates).state !== "ready") continue;
    const needed = startCoresOf(profile, snapshot.startCores);
    if (cores < needed) break;
    const without = giveBack(budget, sandbox.profile, plans);
    const changeBlock = blockOf(without, profile, plans);
    if (changeBlock !== null) return { changed, changeBlock, budget, cores: 0 };
    changed.push({ id, enrollmentId, profile });
    budget = spend(without, profile, plans);
    cores -= needed;
  }
  return { changed, changeBlock: null, budget, cores };
}

/** Those that are their attendee's, awake, have nothing else to be done to them, and are to become something else. */
function desiredChanges({
  desired,
  inFlight,
}: Pick<SandboxSnapshot, "desired" | "inFlight">): DesiredSandbox[] {
  return desired
    .filter(({ id, phase, pendingWork }) => phase === "assigned" && pendingWork === null && !inFlight.has(id))
    .filter((sandbox) => sandbox.boundAtMs !== null && profileToBecome(sandbox) !== null)
    .sort((a, b) => a.requestedAtMs - b.requestedAtMs);
}
