import type { Pool } from "pg";
import type { FindEnrollment } from "../platform/actor";
import type { AuditTrail } from "../platform/audit";
import type { Clock } from "../platform/clock";
import type { Database } from "../platform/database/database";
import type { EventBus } from "../platform/events";
import type { Logger } from "../platform/logger";
import type { Metrics } from "../platform/metrics";
import type { RateLimits } from "../platform/rate-limits";
import type { Profile, SandboxView } from "../protocol";
import { createNoteActivity, type NoteActivity } from "./activity";
import { createApplySandboxAction } from "./apply-sandbox-action";
import { createBindSandbox } from "./bind-sandbox";
import { changeProfile, withdrawChange } from "./change-profile";
import { findLabProfile } from "./find-lab-profile";
import type { FindAttendance, ReadDeliveries, RegistryCredentialsOf } from "./ports";
import { createProfileReader, type ReadProfiles } from "./profile-reader";
import type { ProfilePlans } from "./profiles";
import { readCapacity, readCounts, type SandboxCounts } from "./read-capacity";
import { createReadSandboxView, stateOf } from "./read-sandbox-view";
import { replaceSandbox } from "./replace-sandbox";
import { createFindSandboxId, createRequestSandbox, type RequestSandboxDeps } from "./request-sandbox";
import { resetSandbox } from "./reset-sandbox";
import { createSandboxesRouter } from "./router";
import type { SandboxId } from "./sandbox";
import type { SandboxAgent } from "./sandbox-agent";
import type { SandboxDriver } from "./sandbox-driver";
import { createSandboxMetrics, type SandboxMetrics } from "./sandbox-metrics";
import { SandboxReconciler } from "./sandbox-reconciler";
import { createSandboxStore, type SandboxStore } from "./sandbox-store";

export interface SandboxesOptions {
  readonly database: Database;
  readonly pool: Pool;
  readonly events: EventBus;
  readonly audit: AuditTrail;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly rateLimits: RateLimits;
  readonly driver: SandboxDriver;
  readonly agent: Pick<SandboxAgent, "bind">;
  readonly plans: ProfilePlans;
  readonly capacity: number | undefined;
  readonly poolTarget: number | undefined;
  readonly startTimeoutMs: number;
  readonly leaseMs: number;
  readonly findEnrollment: FindEnrollment;
  readonly findAttendance: FindAttendance;
  readonly readDeliveries: ReadDeliveries;
  readonly registryCredentialsOf: RegistryCredentialsOf;
  /** Told every 15 s for each lab page that is open: the board's presence. */
  readonly touchEnrollment?: (enrollmentId: string) => void;
}

/** More than anybody needs who works, and too few to keep a host busy. */
const CHANGES = { attemptsMax: 10, windowSeconds: 600 } as const;

/** The sandboxes room, put together. */
export interface Sandboxes {
  readonly router: ReturnType<typeof createSandboxesRouter>;
  /** The sandbox that an enrollment can use right now. */
  readonly findSandboxId: (enrollmentId: string) => Promise<SandboxId | undefined>;
  /** To be told of whatever an attendee does, so that their sandbox stays awake. */
  readonly noteActivity: NoteActivity;
  /** Brings an enrollment's sandbox back to its start state; for whoever may decide that. */
  readonly resetSandbox: ReturnType<typeof resetSandbox>;
  /** Gives an enrollment another sandbox; for whoever may decide that. */
  readonly replaceSandbox: ReturnType<typeof replaceSandbox>;
  readonly readSandboxStates: (
    enrollmentIds: readonly string[],
  ) => Promise<ReadonlyMap<string, SandboxView["state"]>>;
  readonly readCounts: (profile: Profile) => Promise<SandboxCounts>;
  /** Enrollments that have a sandbox, awake or asleep. */
  readonly readEnrollmentIds: () => Promise<readonly string[]>;
  readonly reconciler: SandboxReconciler;
}

interface Wired extends Omit<SandboxesOptions, "metrics">, RequestSandboxDeps {
  readonly metrics: SandboxMetrics;
  readonly store: SandboxStore;
  readonly readProfiles: ReadProfiles;
}

export function createSandboxes(options: SandboxesOptions): Sandboxes {
  const { driver } = options;
  const stop = new AbortController();
  const store = createSandboxStore(options.database);
  const metrics = createSandboxMetrics(options.metrics, () => store.countWarm());
  const wired: Wired = {
    ...{ ...options, store, metrics, signal: stop.signal, driverName: driver.name },
    binding: createBindSandbox({ ...options, store, metrics }),
    readProfiles: createProfileReader({ ...options, lifecycle: driver }),
  };
  const reconciler = createReconciler(wired, stop);
  const findSandboxId = createFindSandboxId(wired);
  const noteActivity = createNoteActivity({ ...wired, findSandboxId });
  const useCases = { resetSandbox: resetSandbox(wired), replaceSandbox: replaceSandbox(wired) };
  const reading = {
    ...wired,
    isolation: driver.capabilities.isolation,
    readState: () => reconciler.readState(),
    nowMs: () => options.clock.nowMs(),
  };
  const router = createSandboxesRouter({
    ...{ ...wired, ...useCases },
    changeLimit: options.rateLimits.limitAttempts({ name: "sandbox-change", ...CHANGES }),
    changeProfile: changeProfile(wired),
    withdrawChange: withdrawChange(wired),
    findLabProfile: findLabProfile(wired),
    requestSandbox: createRequestSandbox(wired),
    readView: createReadSandboxView(reading),
    readCapacity: readCapacity(reading),
    touch: (enrollmentId) => {
      options.touchEnrollment?.(enrollmentId);
      noteActivity(enrollmentId);
    },
  });
  return {
    router,
    findSandboxId,
    noteActivity,
    reconciler,
    ...useCases,
    ...createBoardReads(wired),
    readCounts: readCounts(reading),
  };
}

function createReconciler(wired: Wired, stop: AbortController): SandboxReconciler {
  const { driver } = wired;
  const apply = createApplySandboxAction({ ...wired, lifecycle: driver });
  return new SandboxReconciler({ ...wired, apply, abort: stop });
}

function createBoardReads({ store }: Wired): Pick<Sandboxes, "readSandboxStates" | "readEnrollmentIds"> {
  return {
    readEnrollmentIds: async () =>
      (await store.readUndestroyed()).flatMap(({ enrollmentId }) => enrollmentId ?? []),
    readSandboxStates: async (enrollmentIds) => {
      const rows = await store.readOfEnrollments(enrollmentIds);
      return new Map(
        rows.flatMap((row) => (row.enrollmentId === null ? [] : [[row.enrollmentId, stateOf(row)] as const])),
      );
    },
  };
}
