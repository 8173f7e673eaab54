import type { Clock } from "../platform/clock";
import type { EventBus } from "../platform/events";
import type { Logger } from "../platform/logger";
import { AWAY_MS } from "./board";
import type { EnrollmentStore } from "./enrollment-store";

/** Often enough that the board's minute until "away" is never missed by a late write. */
const WRITE_MS_MIN = 15_000;
/** Bounds the memory of who was written when; beyond it the oldest is forgotten and costs one early write. */
const ENTRIES_MAX = 10_000;

/** Notes that somebody's page is open; to be called as often as there is a sign of life. Never rejects, never waits. */
export type TouchEnrollment = (enrollmentId: string) => void;

/** Writes at most every 15 s per enrollment. Whoever comes back from being away changes the board at once. */
export function createPresence(deps: {
  readonly enrollments: Pick<EnrollmentStore, "markSeen">;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly log: Logger;
}): TouchEnrollment {
  const writtenAtMs = new Map<string, number>();
  const write = async (enrollmentId: string, nowMs: number, isBack: boolean): Promise<void> => {
    try {
      const seen = await deps.enrollments.markSeen(enrollmentId, new Date(nowMs));
      if (!isBack || seen === undefined) return;
      await deps.events.publish({ kind: "enrollment.changed", enrollmentId, cohortId: seen.cohortId });
    } catch (error) {
      deps.log.debug("presence.write-failed", { enrollmentId, error });
    }
  };
  return (enrollmentId) => {
    const nowMs = deps.clock.nowMs();
    const lastMs = writtenAtMs.get(enrollmentId) ?? -Infinity;
    if (nowMs - lastMs < WRITE_MS_MIN) return;
    writtenAtMs.delete(enrollmentId);
    writtenAtMs.set(enrollmentId, nowMs);
    const oldest = writtenAtMs.keys().next();
    if (writtenAtMs.size > ENTRIES_MAX && oldest.done !== true) writtenAtMs.delete(oldest.value);
    void write(enrollmentId, nowMs, nowMs - lastMs > AWAY_MS);
  };
}
