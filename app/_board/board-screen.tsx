"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { useTRPC } from "@/app/_lib/api";
import { boardRows, projectorNames, type BoardChoice } from "@/app/_lib/board-rows";
import { useNow } from "@/app/_lib/use-now";
import { useSteadySubscription } from "@/app/_lib/use-steady-subscription";
import { useStored } from "@/app/_lib/use-stored";
import { QueryFailure } from "@/app/_ui/failure";
import { PageFrame } from "@/app/_ui/page-frame";
import { LoadingLabel, Skeleton } from "@/app/_ui/skeleton";
import type { BoardAttendee, BoardView } from "@/server/protocol/views";
import { BoardBar } from "./board-bar";
import { BoardEmpty } from "./board-empty";
import { BoardFilters } from "./board-filters";
import { BoardLegend } from "./board-legend";
import { BoardTable } from "./board-table";

/** The board: the whole room at a glance, live. */
export function BoardScreen({ cohortId }: { readonly cohortId: string }) {
  const { data, error, refetch, isLive } = useBoard(cohortId);
  if (data === undefined) {
    return (
      <PageFrame home="/teach">
        {error === null ? <BoardSkeleton /> : <QueryFailure error={error} onRetry={() => void refetch()} />}
      </PageFrame>
    );
  }
  return <Board board={data} isLive={isLive} />;
}

function useBoard(cohortId: string) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const options = trpc.cohorts.board.queryOptions({ cohortId });
  const board = useQuery(options);
  const watch = useSteadySubscription(
    trpc.cohorts.watchBoard.subscriptionOptions(
      { cohortId },
      {
        onData: (update) => {
          queryClient.setQueryData(options.queryKey, update);
        },
      },
    ),
  );
  return { ...board, isLive: watch.status === "pending" };
}

function Board({ board, isLive }: { readonly board: BoardView; readonly isLive: boolean }) {
  const [choice, setChoice] = useState<BoardChoice>({ order: "standing", standing: null, search: "" });
  const [hidden, setHidden] = useStored("board.hide-names", "no");
  const isHidden = hidden === "yes";
  const nowMs = useNow(NOW_EVERY_MS);
  const rows = useMemo(() => boardRows(board, choice), [board, choice]);
  const aliases = useMemo(() => (isHidden ? projectorNames(board) : null), [board, isHidden]);
  const nameOf = useCallback(
    (attendee: BoardAttendee) => aliases?.get(attendee.enrollmentId) ?? attendee.displayName,
    [aliases],
  );
  return (
    <div className="flex h-dvh flex-col">
      <BoardBar board={board} isLive={isLive} />
      <main id="main" className="flex min-h-0 flex-1 flex-col">
        <BoardFilters
          board={board}
          choice={choice}
          onChoice={setChoice}
          isHidden={isHidden}
          onHidden={(next) => {
            setHidden(next ? "yes" : "no");
          }}
        />
        {board.attendees.length === 0 ? (
          <BoardEmpty board={board} />
        ) : (
          <div
            // Positioned, so that what only screen readers see scrolls with it.
            className="relative min-h-0 flex-1 overflow-auto -outline-offset-2"
            // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must reach it
            tabIndex={0}
            role="region"
            aria-label="Board"
          >
            <BoardTable board={board} rows={rows} nameOf={nameOf} nowMs={nowMs} />
            {rows.length === 0 && (
              <p className="text-ink-soft p-8 text-center">
                Nobody matches. Clear the search or choose another standing.
              </p>
            )}
          </div>
        )}
        <BoardLegend sandboxes={board.sandboxes} />
      </main>
    </div>
  );
}

const NOW_EVERY_MS = 30_000;

function BoardSkeleton() {
  return (
    <div className="space-y-2 p-4">
      <LoadingLabel>Loading the board</LoadingLabel>
      <Skeleton className="h-9 w-full max-w-2xl" />
      {Array.from({ length: 10 }, (_, row) => (
        <Skeleton key={row} className="h-8 w-full" />
      ))}
    </div>
  );
}
