import type { Actor } from "../platform/actor";
import type { AuditTrail } from "../platform/audit";
import type { Clock } from "../platform/clock";
import { AppError } from "../platform/errors";
import type { EventBus } from "../platform/events";
import { isLive } from "./request-sandbox";
import type { SandboxRow } from "./sandbox-row";
import type { SandboxStore } from "./sandbox-store";

export interface ResetSandboxDeps {
  readonly store: SandboxStore;
  readonly audit: AuditTrail;
  readonly events: EventBus;
  readonly clock: Clock;
}

export interface ResetRequest {
  readonly enrollmentId: string;
  /** False also empties the attendee's home. */
  readonly keepsHome: boolean;
}

/**
 * Asks for the enrollment's sandbox to be brought back to its start state, whatever state it is in; the reconciler does it, also
 * after a crash. Asking twice is asking once, except that not keeping the home counts. One that is still being made is fresh already.
 *
 * @throws AppError `sandbox.not-found` when there is none
 */
export const resetSandbox =
  (deps: ResetSandboxDeps) =>
  async (actor: Actor, { enrollmentId, keepsHome }: ResetRequest): Promise<void> => {
    const { store, audit, events, clock } = deps;
    const row = await store.readOfEnrollment(enrollmentId);
    if (row === undefined || !isLive(row)) throw new AppError("sandbox.not-found", "nothing to reset");
    if (row.phase !== "assigned" && row.phase !== "asleep") return;
    const now = new Date(clock.nowMs());
    const change = {
      pendingWork: workOf(row, keepsHome),
      pendingSince: now,
      lastActiveAt: now,
      ...{ attemptCount: 0, retryAt: null, failureCode: null, failureMessage: null },
    };
    const isWoken =
      row.phase === "asleep" && (await store.move(row.id, { from: ["asleep"], to: "assigned" }, change));
    // Awake, or woken by the page in this moment.
    if (!isWoken) await store.change(row.id, change);
    await audit.record({
      action: "sandbox.reset",
      actorAccountId: actor.accountId,
      subject: row.id,
      details: { enrollmentId, keepsHome },
    });
    await events.publish({ kind: "sandbox.changed", sandboxId: row.id, enrollmentId });
    await events.publish({ kind: "queue.changed" });
  };

function workOf({ pendingWork }: SandboxRow, keepsHome: boolean): "reset" | "resetKeepingHome" {
  return keepsHome && pendingWork !== "reset" ? "resetKeepingHome" : "reset";
}
