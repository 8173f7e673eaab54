"use client";

import { EyeOff, Search } from "lucide-react";
import { countStandings, STANDINGS, type BoardChoice, type BoardOrder } from "@/app/_lib/board-rows";
import { classNames } from "@/app/_lib/class-names";
import type { BoardView } from "@/server/protocol/views";
import { STANDING_LOOKS } from "./standing-mark";

interface BoardFiltersProps {
  readonly board: BoardView;
  readonly choice: BoardChoice;
  readonly onChoice: (choice: BoardChoice) => void;
  readonly isHidden: boolean;
  readonly onHidden: (isHidden: boolean) => void;
}

const ORDERS = {
  standing: "Who needs help",
  lag: "Who lags",
  name: "Name",
} as const satisfies Record<BoardOrder, string>;

/** Counts of each standing, which filter when pressed; order, search, and names hidden for the projector. */
export function BoardFilters({ board, choice, onChoice, isHidden, onHidden }: BoardFiltersProps) {
  const counts = countStandings(board);
  return (
    <div className="border-line flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-4 py-2">
      <div role="group" aria-label="Show only" className="flex flex-wrap gap-1">
        {STANDINGS.map((standing) => {
          const look = STANDING_LOOKS[standing];
          const count = counts.get(standing) ?? 0;
          const isChosen = choice.standing === standing;
          return (
            <button
              key={standing}
              type="button"
              aria-pressed={isChosen}
              title={look.means}
              onClick={() => {
                onChoice({ ...choice, standing: isChosen ? null : standing });
              }}
              className={classNames(
                "flex h-8 items-center gap-1.5 rounded-md border px-2.5 text-xs transition-colors",
                isChosen
                  ? "border-accent bg-raised text-ink"
                  : "hover:bg-raised text-ink-soft border-transparent",
              )}
            >
              <look.icon
                aria-hidden
                className={classNames("size-3.5", count > 0 ? look.ink : "text-ink-faint")}
              />
              {look.words}
              <span
                className={classNames(
                  "font-semibold tabular-nums",
                  count > 0 ? "text-ink" : "text-ink-faint",
                )}
              >
                {count}
              </span>
            </button>
          );
        })}
      </div>
      <div className="ml-auto flex flex-wrap items-center gap-2">
        <label className="border-line-strong bg-well focus-within:border-accent flex h-8 w-44 items-center gap-2 rounded-md border px-2.5">
          <Search aria-hidden className="text-ink-faint size-3.5" />
          <span className="sr-only">Search a name</span>
          <input
            type="search"
            value={choice.search}
            placeholder="Name"
            onChange={(event) => {
              onChoice({ ...choice, search: event.target.value });
            }}
            className="w-full bg-transparent text-xs outline-none"
          />
        </label>
        <label className="text-ink-faint flex items-center gap-1.5 text-xs">
          Order
          <select
            value={choice.order}
            onChange={(event) => {
              onChoice({ ...choice, order: event.target.value as BoardOrder });
            }}
            className="border-line-strong bg-well text-ink h-8 rounded-md border px-2 text-xs"
          >
            {Object.entries(ORDERS).map(([order, words]) => (
              <option key={order} value={order}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          aria-pressed={isHidden}
          onClick={() => {
            onHidden(!isHidden);
          }}
          className={classNames(
            "flex h-8 items-center gap-1.5 rounded-md border px-2.5 text-xs",
            isHidden
              ? "border-accent bg-raised text-ink"
              : "border-line-strong text-ink-soft hover:bg-raised",
          )}
        >
          <EyeOff aria-hidden className="size-3.5" />
          {isHidden ? "Names hidden" : "Hide names"}
        </button>
      </div>
    </div>
  );
}
