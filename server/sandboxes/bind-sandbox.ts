import { abortWithin } from "../platform/abort-signals";
import type { Clock } from "../platform/clock";
import { AppError, toAppError } from "../platform/errors";
import type { EventBus } from "../platform/events";
import type { Logger } from "../platform/logger";
import { hostNameOf } from "./host-name";
import type { FindAttendance, RegistryCredentialsOf } from "./ports";
import type { SandboxAgent } from "./sandbox-agent";
import { requestAgain, START_ATTEMPTS_MAX } from "./request-sandbox";
import type { SandboxMetrics } from "./sandbox-metrics";
import type { SandboxRow } from "./sandbox-row";
import type { SandboxStore } from "./sandbox-store";

export interface BindSandboxDeps {
  readonly store: SandboxStore;
  readonly agent: Pick<SandboxAgent, "bind">;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<SandboxMetrics, "countBinding">;
  readonly findAttendance: FindAttendance;
  readonly registryCredentialsOf: RegistryCredentialsOf;
}

export interface BindSandbox {
  /**
   * Makes a fresh sandbox its attendee's. One that cannot be bound is replaced: it ends, and its attendee keeps their place. Resolves
   * either way; when the sandbox host does not answer, or `signal` aborts, the reconciler binds it later.
   */
  bindFresh(row: SandboxRow, signal: AbortSignal): Promise<void>;
  /** Tells the agent again, after a wake or a reset. @throws AppError of the agent */
  bindAgain(row: SandboxRow, signal: AbortSignal): Promise<void>;
}

/** Binding takes milliseconds: an agent that needs longer than this is not going to. */
const BIND_TIMEOUT_MS = 5_000;
const RETRY_MS = 2_000;

export function createBindSandbox(deps: BindSandboxDeps): BindSandbox {
  const bind = async (row: SandboxRow, signal: AbortSignal): Promise<void> => {
    const { id, enrollmentId } = row;
    if (enrollmentId === null) throw new AppError("internal.unexpected", "nobody to bind a sandbox to");
    const attendance = await deps.findAttendance(enrollmentId);
    // Withdrawn since they asked: their sandbox ends with its lease, and meanwhile has no name.
    const attendeeName = attendance?.displayName ?? "";
    const hostName = hostNameOf(attendeeName, id);
    const registry = deps.registryCredentialsOf({ enrollmentId, displayName: attendeeName });
    const within = abortWithin(signal, BIND_TIMEOUT_MS);
    await deps.agent.bind(id, { hostName, attendeeName, registry }, within);
    await deps.store.change(id, { hostName, boundAt: new Date(deps.clock.nowMs()) });
  };
  return {
    bindAgain: bind,
    bindFresh: async (row, signal) => {
      const startedAtMs = deps.clock.nowMs();
      try {
        await bind(row, signal);
        deps.metrics.countBinding("succeeded");
        const durationMs = deps.clock.nowMs() - startedAtMs;
        deps.log.info("sandbox.bound", { sandboxId: row.id, durationMs });
      } catch (caught) {
        if (!signal.aborted) await recordFailedBinding(deps, row, toAppError(caught));
      }
      await deps.events.publish({
        kind: "sandbox.changed",
        sandboxId: row.id,
        enrollmentId: row.enrollmentId,
      });
    },
  };
}

async function recordFailedBinding(deps: BindSandboxDeps, row: SandboxRow, error: AppError): Promise<void> {
  const { store, clock, log, events } = deps;
  if (error.code === "driver.unreachable") {
    await store.change(row.id, { retryAt: new Date(clock.nowMs() + RETRY_MS) });
    return;
  }
  const attemptCount = row.attemptCount + 1;
  deps.metrics.countBinding("failed");
  log.error("sandbox.bind-failed", { sandboxId: row.id, attemptNo: attemptCount, code: error.code, error });
  if (attemptCount >= START_ATTEMPTS_MAX || row.enrollmentId === null) {
    const failure = { failureCode: error.code, failureMessage: error.publicMessage };
    await store.move(row.id, { from: ["assigned"], to: "failed" }, failure);
  } else {
    await store.requestInstead(requestAgain(row, row.enrollmentId, attemptCount), row.id);
  }
  await events.publish({ kind: "queue.changed" });
}
