import { abortWithin } from "../platform/abort-signals";
import { toAppError, type AppError } from "../platform/errors";
import { announce } from "./announce-sandbox";
import type { ApplySandboxActionDeps } from "./apply-sandbox-action";
import { retryAfter } from "./retry-after";
import type { SandboxId } from "./sandbox";
import type { SandboxRow } from "./sandbox-row";
import { WORK_ATTEMPTS_MAX, type SandboxWork } from "./sandbox-snapshot";

type WorkDeps = Pick<
  ApplySandboxActionDeps,
  "store" | "lifecycle" | "binding" | "events" | "clock" | "log" | "plans" | "startTimeoutMs"
>;

/** Starts a sleeping sandbox again and tells its agent whose it is. Also one that was stopped behind our back. */
export async function wakeOne(deps: WorkDeps, id: SandboxId, stop: AbortSignal): Promise<void> {
  const { store, lifecycle, clock } = deps;
  const row = await store.read(id);
  if (row?.phase !== "assigned" || (row.pendingWork ?? "wake") !== "wake") return;
  if (row.pendingWork === null) {
    await store.change(id, { pendingWork: "wake", pendingSince: new Date(clock.nowMs()), attemptCount: 0 });
    await announce(deps, row);
  }
  await work(deps, { row, what: "wake", pending: "wake", stop }, (signal) => lifecycle.wake(id, signal));
}

/** Brings a sandbox back to its start state, with or without its home, and tells its agent whose it is. */
export async function resetOne(deps: WorkDeps, id: SandboxId, stop: AbortSignal): Promise<void> {
  const { store, lifecycle, plans } = deps;
  const row = await store.read(id);
  if (row?.phase !== "assigned" || row.pendingWork === null || row.pendingWork === "wake") return;
  const { profile, hostName, pendingWork } = row;
  const keepsHome = pendingWork === "resetKeepingHome";
  await work(deps, { row, what: "reset", pending: pendingWork, stop }, (signal) =>
    lifecycle.reset({ id, profile, hostName, limits: plans[profile].limits }, { keepsHome }, signal),
  );
}

/** Stops a sandbox that nobody has used for `idleMs`; whoever came back since the snapshot keeps it awake. */
export async function sleepOne(deps: WorkDeps, id: SandboxId, idleMs: number): Promise<void> {
  const { store, lifecycle, clock, log } = deps;
  const row = await store.read(id);
  if (row === undefined) return;
  if (row.phase === "assigned") {
    const isUnusedSince = new Date(clock.nowMs() - idleMs);
    const hasMoved = await store.move(id, { from: ["assigned"], to: "asleep", isUnusedSince });
    if (!hasMoved) return;
  } else if (row.phase !== "asleep") return;
  try {
    await lifecycle.sleep(id);
    log.info("sandbox.put-to-sleep", { sandboxId: id, idleMs: clock.nowMs() - row.lastActiveAtMs });
  } catch (caught) {
    const error = toAppError(caught);
    log.error("sandbox.sleep-failed", { sandboxId: id, code: error.code, error });
    await store.change(id, { retryAt: retryAfter(clock, WORK_ATTEMPTS_MAX) });
  }
  await announce(deps, row);
}

interface Work {
  readonly row: SandboxRow;
  readonly what: "wake" | "reset";
  readonly pending: SandboxWork;
  readonly stop: AbortSignal;
}

/** What was asked for stays asked for until it has succeeded, here or in a later server. */
async function work(
  deps: WorkDeps,
  { row, what, pending, stop }: Work,
  act: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { store, clock, log, binding } = deps;
  const startedAtMs = clock.nowMs();
  const signal = abortWithin(stop, deps.startTimeoutMs);
  try {
    await act(signal);
    await binding.bindAgain(row, signal);
  } catch (caught) {
    if (stop.aborted) return;
    await recordFailedWork(deps, { row, what }, toAppError(caught));
    return;
  }
  const durationMs = clock.nowMs() - startedAtMs;
  await store.recordStart({ profile: row.profile, what, durationMs, at: new Date(clock.nowMs()) });
  // Not finished: something else was asked for meanwhile, which the next pass does.
  await store.finishWork(row.id, pending);
  log.info(what === "wake" ? "sandbox.woken" : "sandbox.reset", { sandboxId: row.id, durationMs });
  await announce(deps, row);
}

async function recordFailedWork(
  deps: WorkDeps,
  { row, what }: Pick<Work, "row" | "what">,
  error: AppError,
): Promise<void> {
  const { store, clock, log } = deps;
  const attemptCount = row.attemptCount + 1;
  log.error(`sandbox.${what}-failed`, {
    sandboxId: row.id,
    attemptNo: attemptCount,
    code: error.code,
    error,
  });
  const failure = { failureCode: error.code, failureMessage: error.publicMessage };
  await store.change(row.id, { ...failure, attemptCount, retryAt: retryAfter(clock, attemptCount) });
  await announce(deps, row);
}
