"use client";

import { memo } from "react";
import { classNames } from "@/app/_lib/class-names";
import { passedByColumn } from "@/app/_lib/board-rows";
import { agoWords } from "@/app/_lib/durations";
import type { BoardAttendee, BoardColumn, BoardView } from "@/server/protocol/views";
import { BoardCellMark, CELL_WORDS } from "./board-cell";
import { StandingMark } from "./standing-mark";

interface BoardTableProps {
  readonly board: BoardView;
  readonly rows: readonly BoardAttendee[];
  /** Names as they are shown, by enrollment. */
  readonly nameOf: (attendee: BoardAttendee) => string;
  readonly nowMs: number;
}

const STICKY = "bg-canvas sticky left-0 z-10";

/** Attendees by steps. The head and the names stay in sight; a row is painted again only when it has changed. */
export function BoardTable({ board, rows, nameOf, nowMs }: BoardTableProps) {
  return (
    <table className="w-max min-w-full border-separate border-spacing-0 text-[13px]">
      <caption className="sr-only">Attendees and how far each is, step by step</caption>
      <BoardHead board={board} />
      <tbody>
        {rows.map((attendee) => (
          <BoardRow
            key={attendee.enrollmentId}
            attendee={attendee}
            columns={board.columns}
            name={nameOf(attendee)}
            lastSeen={agoWords(attendee.lastSeenAt, nowMs)}
          />
        ))}
      </tbody>
    </table>
  );
}

function BoardHead({ board }: { readonly board: BoardView }) {
  const passed = passedByColumn(board);
  const labs = groupByLab(board.columns);
  const head = "border-line bg-canvas sticky z-20 border-b font-normal";
  return (
    <thead>
      <tr className="h-8">
        <th
          rowSpan={2}
          scope="col"
          className={classNames(head, STICKY, "top-0 !z-30 pl-4 text-left align-bottom")}
        >
          <span className="text-ink-faint pb-1.5 text-xs">Attendee</span>
        </th>
        <th
          rowSpan={2}
          scope="col"
          className={classNames(head, "text-ink-faint top-0 px-3 text-left align-bottom text-xs")}
        >
          Standing
        </th>
        {labs.map((lab) => (
          <th
            key={lab.labId}
            scope="colgroup"
            colSpan={lab.count}
            className={classNames(
              head,
              "border-l-line top-0 border-b-0 border-l px-2 text-left text-xs font-medium",
            )}
          >
            <span
              className="block truncate"
              style={{ maxWidth: `${String(lab.count * COLUMN_REM)}rem` }}
              title={lab.title}
            >
              {lab.title}
            </span>
          </th>
        ))}
        <th
          rowSpan={2}
          scope="col"
          className={classNames(head, "text-ink-faint top-0 px-3 text-right align-bottom text-xs")}
        >
          Passed
        </th>
        <th
          rowSpan={2}
          scope="col"
          className={classNames(head, "text-ink-faint top-0 px-4 text-right align-bottom text-xs")}
        >
          Seen
        </th>
      </tr>
      <tr>
        {board.columns.map((column, index) => (
          <th
            key={`${column.labId}/${column.stepId}`}
            scope="col"
            title={column.stepTitle}
            className={classNames(
              head,
              "top-8 min-w-10 px-1 pb-1 text-center text-xs",
              isFirstOfLab(board.columns, index) && "border-l-line border-l",
            )}
          >
            <span className="text-ink block font-medium tabular-nums" aria-hidden>
              {stepNumber(board.columns, index)}
            </span>
            <span className="sr-only">{column.stepTitle}, passed by </span>
            <span className="text-ink-faint text-2xs tabular-nums">{passed[index]}</span>
          </th>
        ))}
      </tr>
    </thead>
  );
}

const COLUMN_REM = 2.5;

interface BoardRowProps {
  readonly attendee: BoardAttendee;
  readonly columns: readonly BoardColumn[];
  readonly name: string;
  readonly lastSeen: string;
}

const BoardRow = memo(function BoardRow({ attendee, columns, name, lastSeen }: BoardRowProps) {
  const cells = new Map(attendee.cells.map((cell) => [`${cell.labId}/${cell.stepId}`, cell]));
  const cellStyle = "border-line/70 border-b h-9";
  return (
    <tr className="group" data-enrollment={attendee.enrollmentId}>
      <th
        scope="row"
        className={classNames(
          cellStyle,
          STICKY,
          "group-hover:bg-panel max-w-56 truncate pr-3 pl-4 text-left font-medium max-sm:max-w-32",
        )}
      >
        {name}
        {attendee.sandboxState === "unreachable" || attendee.sandboxState === "failed" ? (
          <span className="text-bad ml-2 text-xs font-normal">sandbox down</span>
        ) : null}
        {attendee.sandboxState === "queued" && (
          <span className="text-warn ml-2 text-xs font-normal">waits for a sandbox</span>
        )}
      </th>
      <td className={classNames(cellStyle, "group-hover:bg-panel px-3")}>
        <StandingMark standing={attendee.standing} />
      </td>
      {columns.map((column, index) => {
        const cell = cells.get(`${column.labId}/${column.stepId}`);
        const state = cell?.state ?? "untouched";
        const failedCount = cell?.failedCount ?? 0;
        return (
          <td
            key={`${column.labId}/${column.stepId}`}
            data-state={state}
            title={`${column.stepTitle}: ${CELL_WORDS[state]}`}
            className={classNames(
              cellStyle,
              "group-hover:bg-panel",
              isFirstOfLab(columns, index) && "border-l-line border-l",
            )}
          >
            <span className="flex items-center justify-center">
              <BoardCellMark state={state} failedCount={failedCount} />
              <span className="sr-only">
                {CELL_WORDS[state]}
                {failedCount > 0 && state === "failing" && `, ${String(failedCount)} failed checks`}
              </span>
            </span>
          </td>
        );
      })}
      <td
        className={classNames(cellStyle, "group-hover:bg-panel text-ink-soft px-3 text-right tabular-nums")}
      >
        {attendee.passedCount}/{columns.length}
      </td>
      <td
        className={classNames(
          cellStyle,
          "group-hover:bg-panel text-ink-faint px-4 text-right text-xs tabular-nums",
        )}
      >
        {lastSeen}
      </td>
    </tr>
  );
}, isSameRow);

/** Every update brings new objects for the whole room; most rows say the same as before. */
function isSameRow(before: BoardRowProps, after: BoardRowProps): boolean {
  return (
    before.name === after.name &&
    before.lastSeen === after.lastSeen &&
    before.columns.length === after.columns.length &&
    JSON.stringify(before.attendee) === JSON.stringify(after.attendee)
  );
}

interface LabGroup {
  readonly labId: string;
  readonly title: string;
  readonly count: number;
}

function groupByLab(columns: readonly BoardColumn[]): readonly LabGroup[] {
  const groups: LabGroup[] = [];
  for (const { labId, labTitle } of columns) {
    const last = groups.at(-1);
    if (last?.labId === labId) groups[groups.length - 1] = { ...last, count: last.count + 1 };
    else groups.push({ labId, title: labTitle, count: 1 });
  }
  return groups;
}

function isFirstOfLab(columns: readonly BoardColumn[], index: number): boolean {
  return columns[index - 1]?.labId !== columns[index]?.labId;
}

function stepNumber(columns: readonly BoardColumn[], index: number): number {
  const labId = columns[index]?.labId;
  return index - columns.findIndex((column) => column.labId === labId) + 1;
}
