import type { BoardAttendee, BoardCell, BoardCellState, BoardColumn, SandboxView } from "../protocol/views";
import type { ProgressRecord } from "./ports";

/** Nobody's page was open for this long: the pages report every 15 s, so three of four reports may get lost. */
export const AWAY_MS = 60_000;
/** No attempt and no new step for so long, with the page open. */
export const IDLE_MS = 10 * 60_000;
/** Failures on one step at which help is due, however fast they came. */
export const STUCK_FAILURES = 5;
/** Failures at which a step counts as failing; the first one is part of learning. */
export const FAILING_FAILURES = 2;
/** Nobody is stuck before this, however fast the room is. */
export const STUCK_MS_MIN = 5 * 60_000;
/** How many have to have passed a step before the room's own time replaces the author's. */
export const MEDIAN_COUNT_MIN = 3;

/** A column with the author's estimate. */
export interface PlannedColumn extends BoardColumn {
  readonly minutes: number;
}

export interface BoardFacts {
  readonly nowMs: number;
  readonly columns: readonly PlannedColumn[];
  /** In the order in which they joined. */
  readonly attendees: readonly {
    readonly enrollmentId: string;
    readonly displayName: string;
    readonly joinedAt: Date;
    readonly lastSeenAt: Date;
  }[];
  readonly progress: readonly ProgressRecord[];
  readonly sandboxStates: ReadonlyMap<string, SandboxView["state"]>;
}

export type Standing = BoardAttendee["standing"];

/** The rows of the board. Progress on steps that the workshop no longer has is left out. */
export function planBoard(facts: BoardFacts): BoardAttendee[] {
  const names = nameApart(facts.attendees.map(({ displayName }) => displayName));
  const progressOf = groupByEnrollment(facts.progress);
  const limits = new Map(
    facts.columns.map((column) => [keyOf(column), stuckAfterMs(column, facts.progress)]),
  );
  return facts.attendees.map((attendee, index) => {
    const records = progressOf.get(attendee.enrollmentId) ?? new Map<string, ProgressRecord>();
    const cells = facts.columns.map((column) => cellOf(column, records.get(keyOf(column))));
    const known = facts.columns.flatMap((column) => records.get(keyOf(column)) ?? []);
    const passedCount = cells.filter(({ state }) => state === "passed").length;
    const { enrollmentId, joinedAt, lastSeenAt } = attendee;
    return {
      enrollmentId,
      displayName: names[index] ?? attendee.displayName,
      joinedAt,
      lastSeenAt,
      standing: judgeStanding({
        nowMs: facts.nowMs,
        isDone: cells.length > 0 && passedCount === cells.length,
        joinedAt,
        lastSeenAt,
        progress: known,
        stuckAfterMsOf: (record) => limits.get(keyOf(record)) ?? Infinity,
      }),
      sandboxState: facts.sandboxStates.get(enrollmentId) ?? "none",
      passedCount,
      cells,
    };
  });
}

/** What one attendee is doing; the first that applies of done, away, stuck by failures, idle, stuck by time, failing, working. */
export function judgeStanding(facts: {
  readonly nowMs: number;
  readonly isDone: boolean;
  readonly joinedAt: Date;
  readonly lastSeenAt: Date;
  readonly progress: readonly ProgressRecord[];
  readonly stuckAfterMsOf: (record: ProgressRecord) => number;
}): Standing {
  const { nowMs, progress } = facts;
  if (facts.isDone) return "done";
  if (nowMs - facts.lastSeenAt.getTime() > AWAY_MS) return "away";
  const current = currentStepOf(progress);
  if (current !== undefined && current.failedCount >= STUCK_FAILURES) return "stuck";
  if (nowMs - lastActivityMs(facts.joinedAt, progress) > IDLE_MS) return "idle";
  if (current === undefined) return "working";
  if (nowMs - current.openedAt.getTime() > facts.stuckAfterMsOf(current)) return "stuck";
  const isFailing = current.lastVerdict === "failed" && current.failedCount >= FAILING_FAILURES;
  return isFailing ? "failing" : "working";
}

/** Twice what the room takes for a step, or twice what its author thought while too few have passed it; at least 5 min. */
export function stuckAfterMs(column: PlannedColumn, progress: readonly ProgressRecord[]): number {
  const timesMs = progress
    .filter((record) => keyOf(record) === keyOf(column))
    .flatMap(({ openedAt, passedAt }) => (passedAt === null ? [] : [passedAt.getTime() - openedAt.getTime()]))
    .sort((a, b) => a - b);
  const usualMs = timesMs.length >= MEDIAN_COUNT_MIN ? medianOf(timesMs) : column.minutes * 60_000;
  return Math.max(STUCK_MS_MIN, 2 * usualMs);
}

/** Gives every second and later holder of a name a number: "Ana", "Ana (2)". Case and accents do not make two names. */
export function nameApart(names: readonly string[]): string[] {
  const taken = new Map<string, number>();
  return names.map((name) => {
    const key = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
    const count = (taken.get(key) ?? 0) + 1;
    taken.set(key, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}

/** The step opened last among those not passed; undefined between steps. */
function currentStepOf(progress: readonly ProgressRecord[]): ProgressRecord | undefined {
  return progress
    .filter(({ passedAt }) => passedAt === null)
    .reduce<ProgressRecord | undefined>(
      (latest, record) =>
        latest === undefined || record.openedAt.getTime() >= latest.openedAt.getTime() ? record : latest,
      undefined,
    );
}

function lastActivityMs(joinedAt: Date, progress: readonly ProgressRecord[]): number {
  const times = progress.flatMap(({ openedAt, passedAt, lastAttemptAt }) => [
    openedAt.getTime(),
    passedAt?.getTime() ?? 0,
    lastAttemptAt?.getTime() ?? 0,
  ]);
  return times.reduce((latest, time) => Math.max(latest, time), joinedAt.getTime());
}

function cellOf({ labId, stepId }: BoardColumn, record: ProgressRecord | undefined): BoardCell {
  const { failedCount = 0, passedAt = null } = record ?? {};
  return { labId, stepId, state: cellStateOf(record), failedCount, passedAt };
}

function cellStateOf(record: ProgressRecord | undefined): BoardCellState {
  if (record === undefined) return "untouched";
  if (record.passedAt !== null) return "passed";
  return record.lastVerdict === "failed" ? "failing" : "open";
}

function groupByEnrollment(progress: readonly ProgressRecord[]): Map<string, Map<string, ProgressRecord>> {
  const groups = new Map<string, Map<string, ProgressRecord>>();
  for (const record of progress) {
    const group = groups.get(record.enrollmentId) ?? new Map<string, ProgressRecord>();
    group.set(keyOf(record), record);
    groups.set(record.enrollmentId, group);
  }
  return groups;
}

function keyOf({ labId, stepId }: { readonly labId: string; readonly stepId: string }): string {
  return `${labId}/${stepId}`;
}

function medianOf(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
