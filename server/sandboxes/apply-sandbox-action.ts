import { abortWithin } from "../platform/abort-signals";
import type { Clock } from "../platform/clock";
import { ERROR_TRAITS, toAppError, type AppError } from "../platform/errors";
import type { EventBus } from "../platform/events";
import type { Logger } from "../platform/logger";
import { announce } from "./announce-sandbox";
import { resetOne, sleepOne, wakeOne } from "./apply-sandbox-work";
import type { BindSandbox } from "./bind-sandbox";
import type { FindAttendance } from "./ports";
import type { SandboxMetrics } from "./sandbox-metrics";
import type { SandboxAction } from "./plan-sandboxes";
import type { ProfilePlans } from "./profiles";
import { claimOf, requestAgain, START_ATTEMPTS_MAX, welcome } from "./request-sandbox";
import { retryAfter } from "./retry-after";
import type { SandboxId } from "./sandbox";
import type { SandboxLifecycle } from "./sandbox-driver";
import type { SandboxRow } from "./sandbox-row";
import type { SandboxStore } from "./sandbox-store";

export interface ApplySandboxActionDeps {
  readonly store: SandboxStore;
  readonly lifecycle: SandboxLifecycle;
  readonly binding: BindSandbox;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SandboxMetrics;
  readonly plans: ProfilePlans;
  readonly findAttendance: FindAttendance;
  readonly startTimeoutMs: number;
  readonly leaseMs: number;
}

export type EffectfulAction = Exclude<SandboxAction, { kind: "admit" | "warm" | "change" }>;
export type ApplySandboxAction = (action: EffectfulAction, signal: AbortSignal) => Promise<void>;

/** Carries out one action of the plan, re-reading the row first: it may have changed since the snapshot. */
export function createApplySandboxAction(deps: ApplySandboxActionDeps): ApplySandboxAction {
  return async (action, signal) => {
    switch (action.kind) {
      case "create":
        return createOne(deps, action.id, signal);
      case "hand-over":
        return handOver(deps, action.id, signal);
      case "bind":
        return bindOne(deps, action.id, signal);
      case "wake":
        return wakeOne(deps, action.id, signal);
      case "reset":
        return resetOne(deps, action.id, signal);
      case "sleep":
        return sleepOne(deps, action.id, action.idleMs);
      case "note-health":
        return noteHealth(deps, action.id, action.isBroken);
      case "mark-lost":
        return markLost(deps, action.id);
      case "drain":
        return drainOne(deps, action.id);
      case "destroy":
        return destroyOne(deps, action);
    }
  };
}

async function createOne(deps: ApplySandboxActionDeps, id: SandboxId, stop: AbortSignal): Promise<void> {
  const { store, lifecycle, clock, log, metrics, plans } = deps;
  const row = await store.read(id);
  if (row?.phase !== "provisioning") return;
  const { profile, hostName } = row;
  const startedAtMs = clock.nowMs();
  const signal = abortWithin(stop, deps.startTimeoutMs);
  try {
    await lifecycle.create({ id, profile, hostName, limits: plans[profile].limits }, signal);
  } catch (caught) {
    // A stopping server is nobody's failure: the row stays as it is and the next server creates it.
    if (stop.aborted) return;
    metrics.observeCreate("failed", clock.nowMs() - startedAtMs);
    await recordFailedStart(deps, row, toAppError(caught));
    return;
  }
  const durationMs = clock.nowMs() - startedAtMs;
  metrics.observeCreate("succeeded", durationMs);
  log.info("sandbox.created", { sandboxId: id, profile, durationMs, attemptNo: row.attemptCount + 1 });
  const settled = await settleCreated(deps, id, stop);
  if (settled === undefined) return;
  // What an attendee waits for: from leaving the queue to a sandbox that is theirs.
  const sinceMs = row.attemptCount === 0 ? (row.provisioningAtMs ?? startedAtMs) : startedAtMs;
  const nowMs = clock.nowMs();
  await store.recordStart({ profile, what: "create", durationMs: nowMs - sinceMs, at: new Date(nowMs) });
  await announce(deps, settled);
}

/** Somebody may claim it at any moment: it becomes theirs or the pool's, by what the row says when it moves. */
async function settleCreated(
  deps: ApplySandboxActionDeps,
  id: SandboxId,
  stop: AbortSignal,
): Promise<SandboxRow | undefined> {
  const { store, clock } = deps;
  const now = clock.nowMs();
  const change = {
    readyAt: new Date(now),
    retryAt: null,
    failureCode: null,
    failureMessage: null,
  };
  const lease = { leaseExpiresAt: new Date(now + deps.leaseMs), lastActiveAt: new Date(now) };
  const toAttendee = { from: ["provisioning"], to: "assigned", isClaimed: true } as const;
  const toPool = { from: ["provisioning"], to: "ready", isClaimed: false } as const;
  // Not moved at all: it was ended meanwhile, and the next pass destroys what we made.
  const hasMoved =
    (await store.move(id, toAttendee, { ...change, ...lease })) ||
    (await store.move(id, toPool, { ...change, attemptCount: 0 })) ||
    (await store.move(id, toAttendee, { ...change, ...lease }));
  const row = await store.read(id);
  if (!hasMoved || row === undefined) return undefined;
  if (row.phase === "assigned" && row.boundAtMs === null) await deps.binding.bindFresh(row, stop);
  return row;
}

async function recordFailedStart(
  deps: ApplySandboxActionDeps,
  row: SandboxRow,
  error: AppError,
): Promise<void> {
  const { store, clock, log } = deps;
  // A full host is not the sandbox's fault and is worth any number of tries.
  const attemptCount = error.code === "sandbox.capacity-exhausted" ? row.attemptCount : row.attemptCount + 1;
  const failure = { failureCode: error.code, failureMessage: error.publicMessage, attemptCount };
  log[ERROR_TRAITS[error.code].logLevel]("sandbox.create-failed", {
    sandboxId: row.id,
    attemptNo: attemptCount,
    code: error.code,
    error,
  });
  if (attemptCount >= START_ATTEMPTS_MAX) {
    await store.move(row.id, { from: ["provisioning"], to: "failed" }, failure);
  } else {
    // The profile went away since it was asked for: its attendee begins with what there is.
    const lesser = error.code === "sandbox.profile-unavailable" ? { profile: "docker" as const } : {};
    await store.change(row.id, { ...failure, ...lesser, retryAt: retryAfter(clock, attemptCount) });
  }
  await announce(deps, row);
}

async function handOver(deps: ApplySandboxActionDeps, id: SandboxId, signal: AbortSignal): Promise<void> {
  const row = await deps.store.read(id);
  if (row?.phase !== "requested" || row.enrollmentId === null) return;
  const request = requestAgain(row, row.enrollmentId, row.attemptCount);
  const claimed = await deps.store.claimInstead(claimOf(deps, request), id);
  if (claimed === undefined) return;
  deps.log.info("sandbox.handed-over", { sandboxId: claimed.id, profile: claimed.profile });
  await welcome({ ...deps, signal }, claimed);
  await announce(deps, claimed);
}

async function bindOne(deps: ApplySandboxActionDeps, id: SandboxId, signal: AbortSignal): Promise<void> {
  const row = await deps.store.read(id);
  if (row?.phase !== "assigned" || row.boundAtMs !== null) return;
  await deps.binding.bindFresh(row, signal);
}

async function noteHealth(deps: ApplySandboxActionDeps, id: SandboxId, isBroken: boolean): Promise<void> {
  const { store, log } = deps;
  const row = await store.read(id);
  if (row?.phase !== "assigned" || row.pendingWork !== null) return;
  const failureMessage = "Your sandbox has broken. Your files are kept if you reset it.";
  const failure = { failureCode: "sandbox.unreachable", failureMessage };
  await store.change(id, isBroken ? failure : { failureCode: null, failureMessage: null, attemptCount: 0 });
  log[isBroken ? "error" : "info"](isBroken ? "sandbox.broken" : "sandbox.recovered", { sandboxId: id });
  await announce(deps, row);
}

async function markLost(deps: ApplySandboxActionDeps, id: SandboxId): Promise<void> {
  const { store, lifecycle, log } = deps;
  const row = await store.read(id);
  if (row === undefined || (await lifecycle.observe(id)).state !== "absent") return;
  const change = {
    failureCode: "sandbox.not-found",
    failureMessage: "Your sandbox is gone: something outside Slipway removed it.",
    pendingWork: null,
  };
  const hasMoved = await store.move(id, { from: ["ready", "assigned", "asleep"], to: "failed" }, change);
  if (!hasMoved) return;
  log.error("sandbox.lost", { sandboxId: id });
  await announce(deps, row);
}

async function drainOne(deps: ApplySandboxActionDeps, id: SandboxId): Promise<void> {
  const { store, lifecycle, log, clock } = deps;
  const toEnd = { from: ["ready", "provisioning"], to: "destroying", isClaimed: false } as const;
  // Claimed since the snapshot: it stays.
  if (!(await store.move(id, toEnd))) return;
  await lifecycle.destroy(id);
  await store.move(id, { from: ["destroying"], to: "destroyed" }, { destroyedAt: new Date(clock.nowMs()) });
  log.info("pool.drained", { sandboxId: id });
}

type Destroy = Extract<SandboxAction, { kind: "destroy" }>;

async function destroyOne(deps: ApplySandboxActionDeps, { id, reason }: Destroy): Promise<void> {
  const { store, lifecycle, clock, log, metrics } = deps;
  const row = await store.read(id);
  // Claimed or renewed since the snapshot: look again before destroying.
  if (row === undefined || row.phase === "destroyed") {
    // Destroyed between the driver's list and ours: not an orphan.
    if ((await lifecycle.observe(id)).state === "absent") return;
    await lifecycle.destroy(id);
    metrics.countOrphan();
    log.warn("sandbox.orphan-destroyed", { sandboxId: id });
    return;
  }
  const isLeased =
    (row.leaseExpiresAtMs ?? Infinity) > clock.nowMs() &&
    row.phase !== "failed" &&
    row.phase !== "destroying";
  if (isLeased) return;
  const hasExpired = reason === "expired";
  if (hasExpired && (await keepForHomework(deps, row))) return;
  const from = ["ready", "assigned", "asleep", "failed"] as const;
  await store.move(id, { from, to: "destroying" }, hasExpired ? EXPIRED : {});
  await lifecycle.destroy(id);
  await store.move(id, { from: ["destroying"], to: "destroyed" }, { destroyedAt: new Date(clock.nowMs()) });
  log.info("sandbox.destroyed", { sandboxId: id, reason });
  await announce(deps, row);
}

/** Told to an attendee who comes back later than that. */
const EXPIRED = {
  failureCode: "sandbox.not-found",
  failureMessage:
    "Your sandbox was kept until the homework closed, and is gone with its files. You can have a new one.",
} as const;

/**
 * Past its lease a sandbox sleeps, whatever its cohort says of idleness, until the homework closes; answers whether that is still to come.
 * Read when it matters, so that a cohort that was prolonged keeps its sandboxes.
 */
async function keepForHomework(deps: ApplySandboxActionDeps, row: SandboxRow): Promise<boolean> {
  const { store, findAttendance, clock } = deps;
  const attendance = row.enrollmentId === null ? undefined : await findAttendance(row.enrollmentId);
  if (attendance === undefined || attendance.homeworkUntilMs <= clock.nowMs()) return false;
  await store.change(row.id, { leaseExpiresAt: new Date(attendance.homeworkUntilMs) });
  if (row.phase === "assigned") await sleepOne(deps, row.id, clock.nowMs() - row.lastActiveAtMs);
  return true;
}
