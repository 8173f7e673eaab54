import type { Pool } from "pg";
import type { FindEnrollment } from "../platform/actor";
import type { Clock } from "../platform/clock";
import type { Database } from "../platform/database/database";
import type { EventBus } from "../platform/events";
import type { Logger } from "../platform/logger";
import type { Metrics } from "../platform/metrics";
import type { SandboxView } from "../protocol";
import { createApplySandboxAction } from "./apply-sandbox-action";
import { createReadSandboxView, stateOf } from "./read-sandbox-view";
import { createFindSandboxId, createRequestSandbox } from "./request-sandbox";
import { createSandboxesRouter } from "./router";
import type { SandboxId } from "./sandbox";
import type { Isolation, SandboxDriver, SandboxLimits } from "./sandbox-driver";
import { createSandboxMetrics } from "./sandbox-metrics";
import { SandboxReconciler } from "./sandbox-reconciler";
import { createSandboxStore } from "./sandbox-store";

export interface SandboxesOptions {
  readonly database: Database;
  readonly pool: Pool;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly driver: SandboxDriver;
  readonly limits: SandboxLimits;
  readonly capacity: number | undefined;
  readonly startTimeoutMs: number;
  readonly leaseMs: number;
  readonly findEnrollment: FindEnrollment;
  /** Told every 15 s for each lab page that is open: the board's presence. */
  readonly touchEnrollment?: (enrollmentId: string) => void;
}

/** What the host carries, for the board. */
export interface SandboxCounts {
  readonly live: number;
  readonly queued: number;
  readonly capacity: number;
  readonly isolation: Isolation;
}

/** The sandboxes room, put together. */
export interface Sandboxes {
  readonly router: ReturnType<typeof createSandboxesRouter>;
  /** The sandbox that an enrollment can use right now. */
  readonly findSandboxId: (enrollmentId: string) => Promise<SandboxId | undefined>;
  readonly readSandboxStates: (
    enrollmentIds: readonly string[],
  ) => Promise<ReadonlyMap<string, SandboxView["state"]>>;
  readonly readCounts: () => Promise<SandboxCounts>;
  readonly reconciler: SandboxReconciler;
}

/** Renewing a lease more often than this would only write. */
const TOUCH_EVERY_MS = 60_000;

export function createSandboxes(options: SandboxesOptions): Sandboxes {
  const { driver, events, clock, log, limits, leaseMs } = options;
  const store = createSandboxStore(options.database);
  const apply = createApplySandboxAction({
    ...{ store, events, clock, log, limits, leaseMs },
    lifecycle: driver,
    metrics: createSandboxMetrics(options.metrics),
    startTimeoutMs: options.startTimeoutMs,
  });
  const reconciler = new SandboxReconciler({
    ...{ store, apply, events, clock, log, limits },
    lifecycle: driver,
    pool: options.pool,
    capacity: options.capacity,
  });
  const findSandboxId = createFindSandboxId({ store });
  const touchedAtMs = new Map<string, number>();
  const touch = async (enrollmentId: string): Promise<void> => {
    options.touchEnrollment?.(enrollmentId);
    const nowMs = clock.nowMs();
    if (nowMs - (touchedAtMs.get(enrollmentId) ?? 0) < TOUCH_EVERY_MS) return;
    touchedAtMs.set(enrollmentId, nowMs);
    const id = await findSandboxId(enrollmentId);
    if (id !== undefined) await store.touch(id, new Date(nowMs), new Date(nowMs + leaseMs));
  };
  const router = createSandboxesRouter({
    findEnrollment: options.findEnrollment,
    requestSandbox: createRequestSandbox({ store, events, driverName: driver.name, profile: "docker" }),
    readView: createReadSandboxView({
      store,
      readState: () => reconciler.readState(),
      nowMs: () => clock.nowMs(),
    }),
    ...{ touch, events, clock },
  });
  return {
    ...{ router, findSandboxId, reconciler },
    readSandboxStates: async (enrollmentIds) => {
      const rows = await store.readOfEnrollments(enrollmentIds);
      return new Map(
        rows.flatMap((row) => (row.enrollmentId === null ? [] : [[row.enrollmentId, stateOf(row)] as const])),
      );
    },
    readCounts: async () => {
      const [rows, state] = await Promise.all([store.readUndestroyed(), reconciler.readState()]);
      const queued = rows.filter((row) => row.phase === "requested").length;
      return {
        live: rows.length - queued,
        queued,
        capacity: state.capacity,
        isolation: driver.capabilities.isolation,
      };
    },
  };
}
