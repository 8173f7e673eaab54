import { Check } from "lucide-react";
import type { BoardCell as BoardCellView, BoardCellState } from "@/server/protocol/views";

/** What a cell's state is called. */
export const CELL_WORDS: Readonly<Record<BoardCellState, string>> = {
  untouched: "not opened",
  open: "open",
  failing: "failing",
  passed: "passed",
};

/** One step of one attendee: a filled plank has passed, an outline is open, a diamond counts failed checks. */
export function BoardCellMark({ state, failedCount }: Pick<BoardCellView, "state" | "failedCount">) {
  if (state === "passed") {
    return (
      <span
        aria-hidden
        className="bg-accent text-accent-ink slant flex h-4.5 w-6 items-center justify-center rounded-[2px]"
      >
        <Check strokeWidth={3} className="size-3 skew-x-[18deg]" />
      </span>
    );
  }
  if (state === "failing") {
    return (
      <span aria-hidden className="relative flex size-6 items-center justify-center">
        <span className="border-bad bg-bad-soft absolute inset-[3px] rotate-45 rounded-[2px] border-[1.5px]" />
        <span className="text-ink relative text-[10px] leading-none font-semibold tabular-nums">
          {failedCount > 9 ? "9+" : failedCount > 0 ? failedCount : "!"}
        </span>
      </span>
    );
  }
  if (state === "open") {
    return <span aria-hidden className="border-ink-soft slant h-4.5 w-6 rounded-[2px] border-[1.5px]" />;
  }
  return <span aria-hidden className="bg-line-strong/60 h-0.5 w-2 rounded-full" />;
}
