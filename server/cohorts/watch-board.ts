import type { Actor } from "../platform/actor";
import type { Clock } from "../platform/clock";
import { isDatabaseUnavailable } from "../platform/database/database-errors";
import type { DomainEvent, EventBus } from "../platform/events";
import type { BoardView } from "../protocol/views";
import type { ReadBoard } from "./read-board";

/** At most five boards a second: more is neither seen nor sent in time. The first change after a pause is not held back. */
const PAUSE_MS = 200;
/** Presence ages without an event, and an event may get lost: the whole board is read again this often. */
const RESYNC_MS = 15_000;
/** How soon a board is tried again while the database does not answer; the last one stays on screen. */
const RETRY_MS = 1_000;

export type WatchBoard = (
  actor: Actor,
  cohortId: string,
  signal: AbortSignal,
) => AsyncGenerator<BoardView, void, undefined>;

/**
 * Yields the board now and after every change until `signal` aborts. What the actor may see is asked again each time:
 * one who no longer teaches the cohort is ended with `cohort.not-found`.
 */
export const watchBoard = (deps: {
  readonly readBoard: ReadBoard;
  readonly events: EventBus;
  readonly clock: Clock;
}): WatchBoard =>
  async function* (actor, cohortId, signal) {
    const alarm = new Alarm(deps.clock, signal);
    let enrollmentIds: ReadonlySet<string> = new Set();
    let isShown = false;
    const unsubscribe = deps.events.subscribe((event) => {
      if (isAbout(event, cohortId, enrollmentIds)) alarm.ring();
    });
    try {
      while (!signal.aborted) {
        const startedAtMs = deps.clock.nowMs();
        alarm.silence();
        const board = await tryRead(deps.readBoard, { actor, cohortId, isShown });
        if (board !== undefined) {
          enrollmentIds = new Set(board.attendees.map(({ enrollmentId }) => enrollmentId));
          isShown = true;
          yield board;
        }
        await alarm.wait(board === undefined ? RETRY_MS : RESYNC_MS);
        const restMs = startedAtMs + PAUSE_MS - deps.clock.nowMs();
        if (restMs > 0) await deps.clock.sleep(restMs, signal);
      }
    } finally {
      unsubscribe();
      alarm.dispose();
    }
  };

async function tryRead(
  readBoard: ReadBoard,
  { actor, cohortId, isShown }: { actor: Actor; cohortId: string; isShown: boolean },
): Promise<BoardView | undefined> {
  try {
    return await readBoard(actor, cohortId);
  } catch (error) {
    // A board on the wall outlives an outage; one that was never there says why.
    if (isShown && isDatabaseUnavailable(error)) return undefined;
    throw error;
  }
}

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
  }
}

/** A wait that something may cut short, also when it rang before the wait began. */
class Alarm {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #isRinging = false;
  #sleep: AbortController | undefined;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    signal.addEventListener("abort", this.ring);
  }

  readonly ring = (): void => {
    this.#isRinging = true;
    this.#sleep?.abort();
  };

  silence(): void {
    this.#isRinging = this.#signal.aborted;
  }

  async wait(timeoutMs: number): Promise<void> {
    if (this.#isRinging) return;
    this.#sleep = new AbortController();
    await this.#clock.sleep(timeoutMs, this.#sleep.signal);
    this.#sleep = undefined;
  }

  dispose(): void {
    this.#signal.removeEventListener("abort", this.ring);
    this.#sleep?.abort();
  }
}
