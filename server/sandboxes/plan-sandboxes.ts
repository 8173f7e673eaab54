import type { SandboxId, SandboxPhase } from "./sandbox";
import type { HostHeadroom, SandboxObservation } from "./sandbox-driver";

/** One row of desired state, as much of it as planning needs. */
export interface DesiredSandbox {
  readonly id: SandboxId;
  readonly phase: SandboxPhase;
  readonly requestedAtMs: number;
  readonly leaseExpiresAtMs: number | null;
  /** Earliest instant of the next try after a failed one. */
  readonly retryAtMs: number | null;
}

export interface SandboxSnapshot {
  readonly nowMs: number;
  readonly desired: readonly DesiredSandbox[];
  readonly observed: readonly SandboxObservation[];
  /** Sandboxes that an effect of an earlier pass is still working on. */
  readonly inFlight: ReadonlySet<SandboxId>;
  readonly headroom: HostHeadroom;
  readonly capacity: number;
  /** Memory and disk that must stay free after one more sandbox was admitted. */
  readonly reserve: { readonly memoryMiB: number; readonly diskMiB: number };
  /** Most creates at once: boot storms set the capacity of a host, not the steady state. */
  readonly createsMax: number;
}

export type SandboxAction =
  /** Takes it out of the queue. */
  | { readonly kind: "admit"; readonly id: SandboxId }
  | { readonly kind: "create"; readonly id: SandboxId }
  | { readonly kind: "wake"; readonly id: SandboxId }
  | { readonly kind: "mark-lost"; readonly id: SandboxId }
  | {
      readonly kind: "destroy";
      readonly id: SandboxId;
      readonly reason: "expired" | "failed" | "resumed" | "orphan";
    };

/** Why nobody is admitted although there is a queue; null when nothing is in the way. */
export type AdmissionBlock = "capacity" | "memory" | "disk" | null;

export interface SandboxPlan {
  readonly actions: readonly SandboxAction[];
  readonly admissionBlock: AdmissionBlock;
}

/** Fewest orphans that one pass may destroy, however few sandboxes there are. */
const ORPHANS_PER_PASS_MIN = 3;

/**
 * Decides what brings observed to desired. Pure: same snapshot, same answer.
 *
 * Works from a full observation, so nothing is forgotten after a crash: a create that a killed server left half-done is
 * created again (drivers are idempotent on the id), a destroy is resumed. A pass destroys at most half of what is
 * observed as orphans, so that a server pointed at the wrong database is noticed before it has emptied the host.
 */
export function planSandboxes(snapshot: SandboxSnapshot): SandboxPlan {
  const observed = new Map(snapshot.observed.map((observation) => [observation.id, observation]));
  const idle = snapshot.desired.filter((sandbox) => !snapshot.inFlight.has(sandbox.id));
  const kept = idle.flatMap((sandbox) => planOne(sandbox, observed.get(sandbox.id), snapshot.nowMs));
  const { admitted, admissionBlock } = planAdmission(snapshot);
  const creatingCount = snapshot.desired.filter(
    (sandbox) => sandbox.phase === "provisioning" && snapshot.inFlight.has(sandbox.id),
  ).length;
  const creates = [...kept.filter(isCreate), ...admitted.map((id) => ({ kind: "create" as const, id }))];
  return {
    actions: [
      ...kept.filter((action) => !isCreate(action)),
      ...planOrphans(snapshot),
      ...admitted.map((id) => ({ kind: "admit" as const, id })),
      ...creates.slice(0, Math.max(snapshot.createsMax - creatingCount, 0)),
    ],
    admissionBlock,
  };
}

function planOne(
  sandbox: DesiredSandbox,
  seen: SandboxObservation | undefined,
  nowMs: number,
): SandboxAction[] {
  const { id } = sandbox;
  switch (sandbox.phase) {
    case "requested":
    case "destroyed":
      return [];
    case "provisioning":
      return isDue(sandbox, nowMs) ? [{ kind: "create", id }] : [];
    case "ready":
    case "assigned":
    case "asleep":
      return planKept(sandbox, seen, nowMs);
    case "failed":
      return [{ kind: "destroy", id, reason: "failed" }];
    case "destroying":
      return [{ kind: "destroy", id, reason: "resumed" }];
  }
}

function planKept(
  sandbox: DesiredSandbox,
  seen: SandboxObservation | undefined,
  nowMs: number,
): SandboxAction[] {
  const { id, phase } = sandbox;
  if (hasExpired(sandbox, nowMs)) return [{ kind: "destroy", id, reason: "expired" }];
  if (seen === undefined || seen.state === "absent") return [{ kind: "mark-lost", id }];
  const wasStopped = seen.state === "asleep" && phase !== "asleep";
  return wasStopped && isDue(sandbox, nowMs) ? [{ kind: "wake", id }] : [];
}

function isDue(sandbox: DesiredSandbox, nowMs: number): boolean {
  return (sandbox.retryAtMs ?? 0) <= nowMs;
}

function planAdmission(snapshot: SandboxSnapshot): { admitted: SandboxId[]; admissionBlock: AdmissionBlock } {
  const queue = snapshot.desired
    .filter((sandbox) => sandbox.phase === "requested")
    .sort((a, b) => a.requestedAtMs - b.requestedAtMs);
  if (queue.length === 0) return { admitted: [], admissionBlock: null };
  const { headroom, reserve } = snapshot;
  if (headroom.diskMiBAvailable < reserve.diskMiB) return { admitted: [], admissionBlock: "disk" };
  const byMemory = Math.floor(headroom.memoryMiBAvailable / reserve.memoryMiB) - 1;
  const occupied = snapshot.desired.filter((sandbox) => occupies(sandbox.phase)).length;
  const byCapacity = snapshot.capacity - occupied;
  const free = Math.max(Math.min(byMemory, byCapacity), 0);
  const admitted = queue.slice(0, free).map((sandbox) => sandbox.id);
  if (admitted.length === queue.length) return { admitted, admissionBlock: null };
  return { admitted, admissionBlock: byCapacity <= byMemory ? "capacity" : "memory" };
}

function planOrphans(snapshot: SandboxSnapshot): SandboxAction[] {
  const known = new Set(snapshot.desired.map((sandbox) => sandbox.id));
  const orphans = snapshot.observed.filter((seen) => !known.has(seen.id) && !snapshot.inFlight.has(seen.id));
  const most = Math.max(ORPHANS_PER_PASS_MIN, Math.ceil(snapshot.observed.length / 2));
  return orphans.slice(0, most).map(({ id }) => ({ kind: "destroy", id, reason: "orphan" }));
}

function occupies(phase: SandboxPhase): boolean {
  return phase !== "requested" && phase !== "destroyed";
}

function hasExpired(sandbox: DesiredSandbox, nowMs: number): boolean {
  return sandbox.leaseExpiresAtMs !== null && sandbox.leaseExpiresAtMs <= nowMs;
}

function isCreate(action: SandboxAction): action is Extract<SandboxAction, { kind: "create" }> {
  return action.kind === "create";
}
