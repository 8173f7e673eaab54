import { PROFILES, type Profile } from "../protocol";
import { blockOf, spend, type CapacityBudget } from "./capacity";
import type { Delivery } from "./ports";
import { profileNow, startCoresOf } from "./profiles";
import type { SandboxId } from "./sandbox";
import type { DesiredSandbox, SandboxSnapshot } from "./sandbox-snapshot";

/** Longest that a pool is filled ahead of a start; deliveries further away need not be read. */
export const LEAD_MS_MAX = 60 * 60_000;
/** How long after its start a cohort's late arrivals are still expected. */
export const START_WINDOW_MS = 30 * 60_000;

const LEAD_MS_MIN = 5 * 60_000;
/** Filling meets other starts, slow disks, failed tries. */
const LEAD_SAFETY = 2;
/** A claimed sandbox is replaced after this: its attendee's first seconds in it are not the moment to start another beside. */
const REFILL_DELAY_MS = 3_000;
/** What a create is taken to need before one was measured, in ms. */
const CREATE_MS_GUESS: Readonly<Record<Profile, number>> = {
  docker: 4_000,
  kubernetes: 12_000,
  "kubernetes-multinode": 40_000,
};

export interface PoolPlan {
  /** One more of this profile, each. */
  readonly warm: readonly Profile[];
  readonly drained: readonly SandboxId[];
}

/**
 * How the pool comes nearer to its targets: filled with what `budget` and `cores` have left once every attendee was served,
 * drained of what nobody is expected for. While an attendee waits for memory or a place, warm sandboxes that cannot serve them
 * make room.
 */
export function planPool(
  snapshot: SandboxSnapshot,
  left: { readonly budget: CapacityBudget; readonly cores: number; readonly isQueueBlocked: boolean },
): PoolPlan {
  const targets = poolTargets(snapshot);
  const warm: Profile[] = [];
  const drained: SandboxId[] = [];
  let { budget, cores } = left;
  const isPressed = left.isQueueBlocked || budget.measuredMiB < 0 || budget.diskMiB < 0;
  for (const profile of PROFILES) {
    const pooled = snapshot.desired.filter((sandbox) => isPooled(sandbox) && sandbox.profile === profile);
    const target = targets.get(profile) ?? 0;
    const settling = snapshot.desired.filter(
      (sandbox) => sandbox.profile === profile && hasJustArrived(sandbox, snapshot),
    );
    drained.push(...surplusOf(pooled, isPressed ? pooled.length - 1 : target, snapshot.inFlight));
    const needed = startCoresOf(profile, snapshot.startCores);
    for (let missing = target - pooled.length - settling.length; missing > 0 && !isPressed; missing -= 1) {
      if (cores < needed || blockOf(budget, profile, snapshot.plans) !== null) break;
      warm.push(profile);
      budget = spend(budget, profile, snapshot.plans);
      cores -= needed;
    }
  }
  return { warm, drained };
}

/** How many warm sandboxes of each profile there should be, before anything clamps it. */
export function poolTargets(
  snapshot: Pick<SandboxSnapshot, "nowMs" | "pool" | "profileStates" | "startCores">,
): ReadonlyMap<Profile, number> {
  const { pool, profileStates } = snapshot;
  const targets = new Map<Profile, number>();
  for (const delivery of pool.deliveries) {
    const profile = profileNow(delivery.profile, profileStates);
    const expected = expectedOf(delivery, profile, snapshot);
    const isWanted = pool.target !== undefined && isOnOrSoon(delivery, snapshot.nowMs);
    const target = isWanted ? pool.target : (targets.get(profile) ?? 0) + expected;
    targets.set(profile, target);
  }
  return targets;
}

function expectedOf(
  delivery: Delivery,
  profile: Profile,
  { nowMs, pool, startCores }: Pick<SandboxSnapshot, "nowMs" | "pool" | "startCores">,
): number {
  if (delivery.isDemo || pool.target !== undefined) return 0;
  const createMs = pool.usualCreateMs.get(profile) ?? CREATE_MS_GUESS[profile];
  const atOnce = Math.floor(startCores / startCoresOf(profile, startCores));
  const fillMs = Math.ceil(delivery.seatsLeft / atOnce) * createMs * LEAD_SAFETY;
  const leadMs = Math.min(Math.max(fillMs, LEAD_MS_MIN), LEAD_MS_MAX);
  const isExpected =
    nowMs >= delivery.startsAtMs - leadMs &&
    nowMs <= Math.min(delivery.startsAtMs + START_WINDOW_MS, delivery.endsAtMs);
  return isExpected ? delivery.seatsLeft : 0;
}

function isOnOrSoon({ startsAtMs, endsAtMs }: Delivery, nowMs: number): boolean {
  return nowMs >= startsAtMs - LEAD_MS_MIN && nowMs <= endsAtMs;
}

/** Made for nobody, or about to be, its failed tries included. */
function isPooled({ phase, enrollmentId }: DesiredSandbox): boolean {
  return enrollmentId === null && (phase === "ready" || phase === "provisioning");
}

function hasJustArrived({ enrollmentId, boundAtMs }: DesiredSandbox, { nowMs }: SandboxSnapshot): boolean {
  return enrollmentId !== null && boundAtMs !== null && nowMs - boundAtMs < REFILL_DELAY_MS;
}

/** The oldest go first; what is being made is let finish. */
function surplusOf(
  pooled: readonly DesiredSandbox[],
  target: number,
  inFlight: ReadonlySet<SandboxId>,
): SandboxId[] {
  return pooled
    .filter((sandbox) => !inFlight.has(sandbox.id))
    .sort((a, b) => (a.provisioningAtMs ?? 0) - (b.provisioningAtMs ?? 0))
    .slice(0, Math.max(pooled.length - Math.max(target, 0), 0))
    .map(({ id }) => id);
}
