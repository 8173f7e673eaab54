import type { EventBus } from "../platform/events";
import { LIVE_PHASES, type SandboxId } from "./sandbox";
import type { SandboxStore } from "./sandbox-store";

export interface RequestSandboxDeps {
  readonly store: SandboxStore;
  readonly events: EventBus;
  readonly driverName: string;
  readonly profile: string;
}

/**
 * Gives the enrollment a place in the queue unless it has a sandbox or a place already. Any number of concurrent calls
 * make one: the database's partial unique index decides.
 */
export function createRequestSandbox({ store, events, driverName, profile }: RequestSandboxDeps) {
  return async (enrollmentId: string): Promise<void> => {
    const row = await store.readOfEnrollment(enrollmentId);
    if (row !== undefined && (LIVE_PHASES as readonly string[]).includes(row.phase)) return;
    if (await store.addRequest({ enrollmentId, profile, driver: driverName }))
      await events.publish({ kind: "queue.changed" });
  };
}

/** The sandbox that an enrollment can use right now; undefined while it is queued, starting, unreachable or gone. */
export function createFindSandboxId({ store }: Pick<RequestSandboxDeps, "store">) {
  return async (enrollmentId: string): Promise<SandboxId | undefined> => {
    const row = await store.readOfEnrollment(enrollmentId);
    return row?.phase === "assigned" ? row.id : undefined;
  };
}
