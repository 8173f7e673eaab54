import type { BoardAttendee, BoardView } from "@/server/protocol/views";

export type Standing = BoardAttendee["standing"];
export type BoardOrder = "lag" | "name" | "standing";

/** Standings from what needs the instructor most to what needs nobody. */
export const STANDINGS: readonly Standing[] = ["stuck", "failing", "working", "idle", "away", "done"];

export interface BoardChoice {
  readonly order: BoardOrder;
  /** Null shows everyone. */
  readonly standing: Standing | null;
  readonly search: string;
}

/** The rows that the instructor asked for, in order; ties are by name, then by id, so that rows never jump. */
export function boardRows(board: BoardView, choice: BoardChoice): readonly BoardAttendee[] {
  const search = choice.search.trim().toLocaleLowerCase();
  return board.attendees
    .filter((attendee) => choice.standing === null || attendee.standing === choice.standing)
    .filter((attendee) => attendee.displayName.toLocaleLowerCase().includes(search))
    .toSorted((a, b) => compare(a, b, choice.order) || byName(a, b));
}

/** How many attendees are in each standing; zeros are there too. */
export function countStandings(board: BoardView): ReadonlyMap<Standing, number> {
  const counts = new Map<Standing, number>(STANDINGS.map((standing) => [standing, 0]));
  for (const { standing } of board.attendees) counts.set(standing, (counts.get(standing) ?? 0) + 1);
  return counts;
}

/** A name for the projector: the same for the same row of joining, and nobody's own. */
export function projectorNames(board: BoardView): ReadonlyMap<string, string> {
  const inOrder = board.attendees.toSorted(
    (a, b) => a.joinedAt.getTime() - b.joinedAt.getTime() || (a.enrollmentId < b.enrollmentId ? -1 : 1),
  );
  return new Map(inOrder.map((attendee, index) => [attendee.enrollmentId, `Attendee ${String(index + 1)}`]));
}

/** How many attendees have passed each column's step, in the columns' order. */
export function passedByColumn(board: BoardView): readonly number[] {
  return board.columns.map(
    (column) =>
      board.attendees.filter((attendee) =>
        attendee.cells.some(
          (cell) => cell.labId === column.labId && cell.stepId === column.stepId && cell.state === "passed",
        ),
      ).length,
  );
}

function compare(a: BoardAttendee, b: BoardAttendee, order: BoardOrder): number {
  if (order === "lag") return a.passedCount - b.passedCount;
  if (order === "standing") return STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing);
  return 0;
}

function byName(a: BoardAttendee, b: BoardAttendee): number {
  return a.displayName.localeCompare(b.displayName) || (a.enrollmentId < b.enrollmentId ? -1 : 1);
}
