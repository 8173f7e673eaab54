import type { Profile } from "../protocol";
import type { Delivery } from "./ports";
import type { ProfilePlans } from "./profiles";
import type { SandboxId, SandboxPhase } from "./sandbox";
import type { HostHeadroom, ProfileState, SandboxObservation } from "./sandbox-driver";

/** What is still to be done to a sandbox that an attendee has. */
export type SandboxWork = "wake" | "reset" | "resetKeepingHome";

/** One row of desired state, as much of it as planning needs. */
export interface DesiredSandbox {
  readonly id: SandboxId;
  readonly phase: SandboxPhase;
  readonly profile: Profile;
  /** What its attendee has asked it to become, until it has; null when nothing was asked. */
  readonly nextProfile: Profile | null;
  /** Null for one of the pool. */
  readonly enrollmentId: string | null;
  /** When its attendee asked. */
  readonly requestedAtMs: number;
  readonly provisioningAtMs: number | null;
  readonly leaseExpiresAtMs: number | null;
  /** Earliest instant of the next try after a failed one. */
  readonly retryAtMs: number | null;
  /** Failed tries of what is to be done now. */
  readonly attemptCount: number;
  /** Null until its agent has been told whose it is. */
  readonly boundAtMs: number | null;
  readonly pendingWork: SandboxWork | null;
  readonly lastActiveAtMs: number;
  /** Idle time after which it goes to sleep; null is never. */
  readonly sleepAfterMs: number | null;
  readonly failureMessage: string | null;
}

export interface SandboxSnapshot {
  readonly nowMs: number;
  readonly desired: readonly DesiredSandbox[];
  readonly observed: readonly SandboxObservation[];
  /** Sandboxes that an effect of an earlier pass is still working on. */
  readonly inFlight: ReadonlySet<SandboxId>;
  readonly headroom: HostHeadroom;
  /** Most sandboxes awake at once, whatever the host would carry; undefined leaves it to the host. */
  readonly capacity: number | undefined;
  readonly plans: ProfilePlans;
  readonly profileStates: readonly ProfileState[];
  /** Cores that starts share, all creates, wakes and resets: boot storms set the capacity of a host, not the steady state. */
  readonly startCores: number;
  readonly canSleep: boolean;
  readonly pool: PoolSnapshot;
}

/** What the pool's size follows from. */
export interface PoolSnapshot {
  /** Deliveries that are on or start within the longest lead time. */
  readonly deliveries: readonly Delivery[];
  /** Overrides the plan: this many of each profile that a delivery wants, at all times. */
  readonly target: number | undefined;
  /** What measured creates usually took, in ms; a profile without a measurement is absent. */
  readonly usualCreateMs: ReadonlyMap<Profile, number>;
}

/** Failed tries after which waking or resetting waits for the attendee's word. */
export const WORK_ATTEMPTS_MAX = 3;

/** What a sandbox is still to become, once there is room and nothing else is to be done to it; null when nothing. */
export function profileToBecome({
  profile,
  nextProfile,
}: Pick<DesiredSandbox, "profile" | "nextProfile">): Profile | null {
  return nextProfile === profile ? null : nextProfile;
}

/** True for a row that uses memory now, or is about to. */
export function isAwake({ phase }: Pick<DesiredSandbox, "phase">): boolean {
  return phase !== "requested" && phase !== "asleep" && phase !== "destroyed";
}

/** True for one that a request may be given at once or soon: nobody's, and nothing wrong with it. */
export function isWarm({ phase, enrollmentId, attemptCount }: DesiredSandbox): boolean {
  return enrollmentId === null && (phase === "ready" || (phase === "provisioning" && attemptCount === 0));
}
