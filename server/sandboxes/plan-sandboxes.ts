import type { Profile } from "../protocol";
import { blockOf, budgetOf, spend, type AdmissionBlock, type CapacityBudget } from "./capacity";
import { planAdmission } from "./plan-admission";
import { planChanges, type ProfileChange } from "./plan-changes";
import { planPool } from "./plan-pool";
import { startCoresOf } from "./profiles";
import type { SandboxId } from "./sandbox";
import type { SandboxObservation } from "./sandbox-driver";
import {
  WORK_ATTEMPTS_MAX,
  type DesiredSandbox,
  type SandboxSnapshot,
  type SandboxWork,
} from "./sandbox-snapshot";

export type SandboxAction =
  /** Takes it out of the queue. */
  | { readonly kind: "admit"; readonly id: SandboxId }
  /** Gives its enrollment a warm sandbox in its place. */
  | { readonly kind: "hand-over"; readonly id: SandboxId }
  /** Adds one to the pool. */
  | { readonly kind: "warm"; readonly profile: Profile }
  | { readonly kind: "create"; readonly id: SandboxId }
  | { readonly kind: "wake"; readonly id: SandboxId }
  | { readonly kind: "reset"; readonly id: SandboxId }
  /** Makes it one of another profile from here on; the reset that does it comes next. */
  | ({ readonly kind: "change" } & ProfileChange)
  | { readonly kind: "bind"; readonly id: SandboxId }
  /** Unless somebody has used it within `idleMs`. */
  | { readonly kind: "sleep"; readonly id: SandboxId; readonly idleMs: number }
  /** Tells the attendee that it has broken, or that it has recovered. */
  | { readonly kind: "note-health"; readonly id: SandboxId; readonly isBroken: boolean }
  | { readonly kind: "mark-lost"; readonly id: SandboxId }
  /** Destroys one of the pool, unless it was claimed meanwhile. */
  | { readonly kind: "drain"; readonly id: SandboxId }
  | {
      readonly kind: "destroy";
      readonly id: SandboxId;
      readonly reason: "expired" | "failed" | "resumed" | "orphan";
    };

/** What is done to a row by itself, whatever there is room for. */
type RowAction = Exclude<SandboxAction, { kind: "warm" }>;

export interface SandboxPlan {
  readonly actions: readonly SandboxAction[];
  readonly admissionBlock: AdmissionBlock;
}

/** Shortest idle time after which a sandbox may have to sleep for somebody who waits. */
const RELIEF_IDLE_MS = 10 * 60_000;

/** Fewest orphans that one pass may destroy, however few sandboxes there are. */
const ORPHANS_PER_PASS_MIN = 3;

/**
 * Decides what brings observed to desired. Pure: same snapshot, same answer.
 *
 * Works from a full observation, so nothing is forgotten after a crash: a create, a reset or a binding that a killed server left
 * half-done is done again (drivers and agents are idempotent), a destroy is resumed. What takes a slot of the host is begun in this
 * order: waking and resetting, creates under way, the queue, changes of profile, the pool. A pass destroys at most half of what is observed as orphans,
 * so that a server pointed at the wrong database is noticed before it has emptied the host.
 */
export function planSandboxes(snapshot: SandboxSnapshot): SandboxPlan {
  const observed = new Map(snapshot.observed.map((observation) => [observation.id, observation]));
  const idle = snapshot.desired.filter((sandbox) => !snapshot.inFlight.has(sandbox.id));
  const kept = idle.flatMap((sandbox) => planOne(sandbox, observed.get(sandbox.id), snapshot));
  const begun = planStarts(snapshot, kept.filter(isStart));
  const admission = planAdmission(snapshot, begun);
  const busy = new Set([...snapshot.inFlight, ...kept.map(({ id }) => id)]);
  const changes = planChanges({ ...snapshot, inFlight: busy }, admission);
  const admissionBlock = begun.wakeBlock ?? admission.admissionBlock ?? changes.changeBlock;
  const pool = planPool(snapshot, { ...changes, isQueueBlocked: admissionBlock !== null });
  const sleeps = kept.filter(({ kind }) => kind === "sleep");
  const hasRelief = sleeps.length + pool.drained.length > 0 || snapshot.inFlight.size > 0;
  if (mayBeRelieved(admissionBlock) && !hasRelief) sleeps.push(...planRelief(snapshot, observed));
  return {
    actions: [
      ...kept.filter((action) => !isStart(action) && action.kind !== "sleep"),
      ...sleeps.slice(0, snapshot.startCores),
      ...planOrphans(snapshot),
      ...begun.starts,
      ...admission.handedOver.map((id) => ({ kind: "hand-over" as const, id })),
      ...admission.admitted.flatMap((id) => [
        { kind: "admit" as const, id },
        { kind: "create" as const, id },
      ]),
      ...changes.changed.flatMap((change) => [
        { kind: "change" as const, ...change },
        { kind: "reset" as const, id: change.id },
      ]),
      ...pool.drained.map((id) => ({ kind: "drain" as const, id })),
      ...pool.warm.map((profile) => ({ kind: "warm" as const, profile })),
    ],
    admissionBlock,
  };
}

function planOne(
  sandbox: DesiredSandbox,
  seen: SandboxObservation | undefined,
  snapshot: SandboxSnapshot,
): RowAction[] {
  const { id } = sandbox;
  switch (sandbox.phase) {
    case "requested":
    case "destroyed":
      return [];
    case "provisioning":
      return isDue(sandbox, snapshot.nowMs) ? [{ kind: "create", id }] : [];
    case "ready":
      return planPooled(sandbox, seen);
    case "assigned":
    case "asleep":
      return planLeased(sandbox, seen, snapshot);
    case "failed":
      return [{ kind: "destroy", id, reason: "failed" }];
    case "destroying":
      return [{ kind: "destroy", id, reason: "resumed" }];
  }
}

/** One of the pool that cannot be claimed any more makes room for another. */
function planPooled({ id }: DesiredSandbox, seen: SandboxObservation | undefined): RowAction[] {
  if (isGone(seen)) return [{ kind: "mark-lost", id }];
  return seen?.state === "running" ? [] : [{ kind: "drain", id }];
}

function planLeased(
  sandbox: DesiredSandbox,
  seen: SandboxObservation | undefined,
  snapshot: SandboxSnapshot,
): RowAction[] {
  const { id } = sandbox;
  if (hasExpired(sandbox, snapshot.nowMs)) return [{ kind: "destroy", id, reason: "expired" }];
  if (isGone(seen)) return [{ kind: "mark-lost", id }];
  if (!isDue(sandbox, snapshot.nowMs)) return [];
  if (sandbox.phase === "asleep") return seen?.state === "running" ? [{ kind: "sleep", id, idleMs: 0 }] : [];
  if (sandbox.pendingWork !== null) return planWork(sandbox, sandbox.pendingWork);
  return planAtRest(sandbox, seen, snapshot);
}

/** What failed too often waits for the attendee's word. */
function planWork({ id, attemptCount }: DesiredSandbox, work: SandboxWork): RowAction[] {
  if (attemptCount >= WORK_ATTEMPTS_MAX) return [];
  return [{ kind: work === "wake" ? "wake" : "reset", id }];
}

function planAtRest(
  sandbox: DesiredSandbox,
  seen: SandboxObservation | undefined,
  snapshot: SandboxSnapshot,
): RowAction[] {
  const { id } = sandbox;
  if (seen?.state === "asleep") return [{ kind: "wake", id }];
  if (sandbox.boundAtMs === null) return [{ kind: "bind", id }];
  const isBroken = seen?.state === "broken";
  if (isBroken !== (sandbox.failureMessage !== null)) return [{ kind: "note-health", id, isBroken }];
  const { sleepAfterMs } = sandbox;
  if (sleepAfterMs === null || seen?.state !== "running" || !snapshot.canSleep) return [];
  return idleMsOf(sandbox, snapshot) >= sleepAfterMs ? [{ kind: "sleep", id, idleMs: sleepAfterMs }] : [];
}

/**
 * Somebody waits for memory or a place: the one that has been idle longest sleeps early, one a pass, so that no more do than must.
 * One whose cohort lets none sleep stays awake.
 */
function planRelief(
  snapshot: SandboxSnapshot,
  observed: ReadonlyMap<SandboxId, SandboxObservation>,
): RowAction[] {
  if (!snapshot.canSleep) return [];
  const [idlest] = snapshot.desired
    .filter((sandbox) => isAtRest(sandbox) && observed.get(sandbox.id)?.state === "running")
    .filter((sandbox) => idleMsOf(sandbox, snapshot) >= RELIEF_IDLE_MS)
    .sort((a, b) => a.lastActiveAtMs - b.lastActiveAtMs);
  return idlest === undefined ? [] : [{ kind: "sleep", id: idlest.id, idleMs: RELIEF_IDLE_MS }];
}

/** A sleeper frees memory and a place; its files stay where they are. */
function mayBeRelieved(block: AdmissionBlock): boolean {
  return block === "memory" || block === "capacity";
}

function isAtRest({ phase, pendingWork, boundAtMs, sleepAfterMs }: DesiredSandbox): boolean {
  return phase === "assigned" && pendingWork === null && boundAtMs !== null && sleepAfterMs !== null;
}

/** Only time counts, not what became of a connection. */
function idleMsOf({ lastActiveAtMs }: DesiredSandbox, { nowMs }: SandboxSnapshot): number {
  return nowMs - lastActiveAtMs;
}

type StartAction = Extract<SandboxAction, { kind: "create" | "wake" | "reset" }>;

interface StartsPlan {
  readonly starts: readonly StartAction[];
  /** Why one that was visited cannot wake yet; then nobody of the queue is served before it. */
  readonly wakeBlock: AdmissionBlock;
  /** Left for further starts. */
  readonly cores: number;
  readonly budget: CapacityBudget;
}

/** Attendees' own sandboxes first, then what is made for the pool; one that wakes needs its memory back first. */
function planStarts(snapshot: SandboxSnapshot, wanted: readonly StartAction[]): StartsPlan {
  const rows = new Map(snapshot.desired.map((sandbox) => [sandbox.id, sandbox]));
  const rank = ({ kind, id }: StartAction): number =>
    kind === "create" ? (rows.get(id)?.enrollmentId === null ? 2 : 1) : 0;
  const starts: StartAction[] = [];
  let wakeBlock: AdmissionBlock = null;
  let budget = budgetOf(snapshot);
  const coresOf = ({ profile }: DesiredSandbox): number => startCoresOf(profile, snapshot.startCores);
  let cores = snapshot.startCores;
  for (const sandbox of snapshot.desired) if (isWorking(sandbox, snapshot)) cores -= coresOf(sandbox);
  for (const action of [...wanted].sort((a, b) => rank(a) - rank(b))) {
    const row = rows.get(action.id);
    if (row === undefined || cores < coresOf(row)) break;
    if (row.pendingWork === "wake") {
      const block = blockOf(budget, row.profile, snapshot.plans);
      if (block === "memory" || block === "capacity") {
        wakeBlock ??= block;
        continue;
      }
      budget = spend(budget, row.profile, snapshot.plans);
    }
    starts.push(action);
    cores -= coresOf(row);
  }
  return { starts, wakeBlock, cores: wakeBlock === null ? Math.max(cores, 0) : 0, budget };
}

function isWorking({ id, phase, pendingWork }: DesiredSandbox, { inFlight }: SandboxSnapshot): boolean {
  return inFlight.has(id) && (phase === "provisioning" || (phase === "assigned" && pendingWork !== null));
}

function planOrphans(snapshot: SandboxSnapshot): SandboxAction[] {
  const known = new Set(snapshot.desired.map((sandbox) => sandbox.id));
  const orphans = snapshot.observed.filter((seen) => !known.has(seen.id) && !snapshot.inFlight.has(seen.id));
  const most = Math.max(ORPHANS_PER_PASS_MIN, Math.ceil(snapshot.observed.length / 2));
  return orphans.slice(0, most).map(({ id }) => ({ kind: "destroy", id, reason: "orphan" }));
}

function isDue(sandbox: DesiredSandbox, nowMs: number): boolean {
  return (sandbox.retryAtMs ?? 0) <= nowMs;
}

function isGone(seen: SandboxObservation | undefined): boolean {
  return seen === undefined || seen.state === "absent";
}

function hasExpired(sandbox: DesiredSandbox, nowMs: number): boolean {
  return sandbox.leaseExpiresAtMs !== null && sandbox.leaseExpiresAtMs <= nowMs;
}

function isStart(action: SandboxAction): action is StartAction {
  return action.kind === "create" || action.kind === "wake" || action.kind === "reset";
}
