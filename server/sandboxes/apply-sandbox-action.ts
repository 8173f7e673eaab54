import type { Clock } from "../platform/clock";
import { ERROR_TRAITS, toAppError, type AppError } from "../platform/errors";
import type { EventBus } from "../platform/events";
import type { Logger } from "../platform/logger";
import type { SandboxMetrics } from "./sandbox-metrics";
import type { SandboxAction } from "./plan-sandboxes";
import type { SandboxId } from "./sandbox";
import type { SandboxLifecycle, SandboxLimits } from "./sandbox-driver";
import type { SandboxRow, SandboxStore } from "./sandbox-store";

export interface ApplySandboxActionDeps {
  readonly store: SandboxStore;
  readonly lifecycle: SandboxLifecycle;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SandboxMetrics;
  readonly limits: SandboxLimits;
  readonly startTimeoutMs: number;
  readonly leaseMs: number;
}

export type EffectfulAction = Exclude<SandboxAction, { kind: "admit" }>;
export type ApplySandboxAction = (action: EffectfulAction, signal: AbortSignal) => Promise<void>;

/** Failed starts after which a sandbox is given up and the attendee is asked to try again. */
const START_ATTEMPTS_MAX = 5;
/** First pause after a failed start; it doubles with each. */
const RETRY_BASE_MS = 2_000;

/** Carries out one action of the plan, re-reading the row first: it may have changed since the snapshot. */
export function createApplySandboxAction(deps: ApplySandboxActionDeps): ApplySandboxAction {
  return async (action, signal) => {
    switch (action.kind) {
      case "create":
        return createOne(deps, action.id, signal);
      case "wake":
        return wakeOne(deps, action.id, signal);
      case "mark-lost":
        return markLost(deps, action.id);
      case "destroy":
        return destroyOne(deps, action.id, action.reason);
    }
  };
}

async function createOne(deps: ApplySandboxActionDeps, id: SandboxId, stop: AbortSignal): Promise<void> {
  const { store, lifecycle, clock, log, metrics, limits } = deps;
  const row = await store.read(id);
  if (row?.phase !== "provisioning") return;
  const startedAtMs = clock.nowMs();
  const signal = AbortSignal.any([stop, AbortSignal.timeout(deps.startTimeoutMs)]);
  try {
    await lifecycle.create({ id, profile: row.profile, hostName: row.hostName, limits }, signal);
  } catch (caught) {
    // A stopping server is nobody's failure: the row stays as it is and the next server creates it.
    if (stop.aborted) return;
    metrics.observeCreate("failed", clock.nowMs() - startedAtMs);
    await recordFailedStart(deps, row, toAppError(caught));
    return;
  }
  const durationMs = clock.nowMs() - startedAtMs;
  metrics.observeCreate("succeeded", durationMs);
  const now = clock.nowMs();
  const change = {
    readyAt: new Date(now),
    leaseExpiresAt: new Date(now + deps.leaseMs),
    retryAt: null,
    failureCode: null,
    failureMessage: null,
  };
  // Not moved: it was ended meanwhile, and the next pass destroys what we made.
  await store.move(id, { from: ["provisioning"], to: "assigned" }, change);
  log.info("sandbox.created", { sandboxId: id, durationMs, attemptNo: row.attemptCount + 1 });
  await announce(deps, row);
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
    const retryAt = new Date(clock.nowMs() + RETRY_BASE_MS * 2 ** Math.max(attemptCount - 1, 0));
    await store.change(row.id, { ...failure, retryAt });
  }
  await announce(deps, row);
}

async function wakeOne(deps: ApplySandboxActionDeps, id: SandboxId, stop: AbortSignal): Promise<void> {
  const { store, lifecycle, clock, log } = deps;
  const row = await store.read(id);
  if (row?.phase !== "assigned") return;
  const startedAtMs = clock.nowMs();
  try {
    await lifecycle.wake(id, AbortSignal.any([stop, AbortSignal.timeout(deps.startTimeoutMs)]));
    await store.change(id, { retryAt: null });
    log.info("sandbox.woken", { sandboxId: id, durationMs: clock.nowMs() - startedAtMs });
  } catch (caught) {
    if (stop.aborted) return;
    const error = toAppError(caught);
    log.error("sandbox.wake-failed", { sandboxId: id, code: error.code, error });
    await store.change(id, { retryAt: new Date(clock.nowMs() + RETRY_BASE_MS * 5) });
  }
  await announce(deps, row);
}

async function markLost(deps: ApplySandboxActionDeps, id: SandboxId): Promise<void> {
  const { store, lifecycle, log } = deps;
  const row = await store.read(id);
  if (row === undefined || (await lifecycle.observe(id)).state !== "absent") return;
  const change = {
    failureCode: "sandbox.not-found",
    failureMessage: "Your sandbox is gone: something outside Slipway removed it.",
  };
  const hasMoved = await store.move(id, { from: ["ready", "assigned", "asleep"], to: "failed" }, change);
  if (!hasMoved) return;
  log.error("sandbox.lost", { sandboxId: id });
  await announce(deps, row);
}

async function destroyOne(deps: ApplySandboxActionDeps, id: SandboxId, reason: string): Promise<void> {
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
  await store.move(id, { from: ["ready", "assigned", "asleep", "failed"], to: "destroying" });
  await lifecycle.destroy(id);
  await store.move(id, { from: ["destroying"], to: "destroyed" }, { destroyedAt: new Date(clock.nowMs()) });
  log.info("sandbox.destroyed", { sandboxId: id, reason });
  await announce(deps, row);
}

async function announce({ events }: ApplySandboxActionDeps, row: SandboxRow): Promise<void> {
  await events.publish({ kind: "sandbox.changed", sandboxId: row.id, enrollmentId: row.enrollmentId });
  // Places in the queue may have moved for everybody else.
  await events.publish({ kind: "queue.changed" });
}
