import type { BoardCellState, BoardView } from "@/server/protocol/views";
import { BoardCellMark, CELL_WORDS } from "./board-cell";
import { isolationWords } from "./isolation-words";

const STATES: readonly BoardCellState[] = ["passed", "failing", "open", "untouched"];

/** What the marks mean, and how the sandboxes are. */
export function BoardLegend({ sandboxes }: { readonly sandboxes: BoardView["sandboxes"] }) {
  const isolation = isolationWords(sandboxes.isolation);
  return (
    <footer className="border-line text-ink-faint flex shrink-0 flex-wrap items-center gap-x-5 gap-y-1 border-t px-4 py-2 text-xs">
      {STATES.map((state) => (
        <span key={state} className="flex items-center gap-2 max-sm:hidden">
          <BoardCellMark state={state} failedCount={2} />
          {CELL_WORDS[state]}
          {state === "failing" && ", with the number of failed checks"}
        </span>
      ))}
      <span className="ml-auto tabular-nums" title={isolation.means}>
        <span className="text-ink-soft">
          {sandboxes.awake} {sandboxes.awake === 1 ? "sandbox" : "sandboxes"} awake
        </span>
        {sandboxes.asleep > 0 && ` · ${sandboxes.asleep} asleep`}
        {` · room for ${sandboxes.fitsNow} more`}
        {sandboxes.queued > 0 && <span className="text-warn"> · {sandboxes.queued} waiting</span>}
        <span className={isolation.isWeak ? "text-warn" : undefined}> · {isolation.words}</span>
      </span>
    </footer>
  );
}
