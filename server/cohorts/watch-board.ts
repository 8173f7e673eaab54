import type { Actor } from "../platform/actor";
import type { Clock } from "../platform/clock";
import { isDatabaseUnavailable } from "../platform/database/database-errors";
import type { DomainEvent, EventBus } from "../platform/events";
import { latestOf } from "../platform/latest-of";
import type { BoardView } from "../protocol/views";
import type { ReadBoard } from "./read-board";

/** At most five boards a second: more is neither seen nor sent in time. The first change after a pause is not held back. */
const PAUSE_MS = 200;
/** Presence ages without an event, and an event may get lost: the whole board is read again this often. */
const RESYNC_MS = 15_000;

export type WatchBoard = (
  actor: Actor,
  cohortId: string,
  signal: AbortSignal,
) => AsyncGenerator<BoardView, void, undefined>;

/**
 * Yields the board now and after every change until `signal` aborts. What the actor may see is asked again each time:
 * one who no longer teaches the cohort is ended with `cohort.not-found`. A board that was shown outlives an outage of
 * the database.
 */
export const watchBoard =
  (deps: { readonly readBoard: ReadBoard; readonly events: EventBus; readonly clock: Clock }): WatchBoard =>
  (actor, cohortId, signal) => {
    let shown: BoardView | undefined;
    let enrollmentIds: ReadonlySet<string> = new Set();
    const read = async (): Promise<BoardView> => {
      try {
        shown = await deps.readBoard(actor, cohortId);
      } catch (error) {
        if (shown === undefined || !isDatabaseUnavailable(error)) throw error;
      }
      enrollmentIds = new Set(shown.attendees.map(({ enrollmentId }) => enrollmentId));
      return shown;
    };
    return latestOf({
      read,
      isRelevant: (event) => isAbout(event, cohortId, enrollmentIds),
      events: deps.events,
      clock: deps.clock,
      resyncMs: RESYNC_MS,
      minGapMs: PAUSE_MS,
      signal,
    });
  };

function isAbout(event: DomainEvent, cohortId: string, enrollmentIds: ReadonlySet<string>): boolean {
  switch (event.kind) {
    case "progress.changed":
      return enrollmentIds.has(event.enrollmentId);
    case "sandbox.changed":
      return event.enrollmentId !== null && enrollmentIds.has(event.enrollmentId);
    case "enrollment.changed":
      return event.cohortId === cohortId;
    case "queue.changed":
    case "events.resynced":
      return true;
    case "account.signed-out":
      return false;
  }
}
