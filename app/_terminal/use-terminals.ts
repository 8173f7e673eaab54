"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useEffectEvent, useRef, useState } from "react";
import { toast } from "sonner";
import { useTRPC, useTRPCClient } from "@/app/_lib/api";
import { readApiError } from "@/app/_lib/api-error";
import type { TerminalView } from "@/server/protocol/views";
import { FIRST_SIZE } from "./open-first-terminal";

const NONE: readonly TerminalView[] = [];
/** A tab bears the name of the program that runs in it: this soon. */
const NAMES_MS = 5_000;

/** False for one terminal that is called by its shell: nobody needs its name. */
function hasNames(terminals: readonly TerminalView[] | undefined): boolean {
  if (terminals === undefined) return false;
  return terminals.length > 1 || terminals.some(({ title }) => title !== "bash");
}

/**
 * The attendee's terminals. The first visit opens one; reloads, other tabs and devices find those that are there. `sandboxId` is
 * null while it is not ready. When the sandbox `isStopped` its terminals have ended: woken, reset or replaced it gets a first one
 * again.
 */
export function useTerminals(cohortId: string, sandboxId: string | null, isStopped: boolean) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const { queryKey } = trpc.terminals.list.queryOptions({ cohortId });
  const [chosenId, setChosenId] = useState<string | null>(null);
  const first = useFirst(sandboxId, isStopped);

  function change(make: (terminals: readonly TerminalView[]) => readonly TerminalView[]): void {
    // A list that is on its way knows nothing of this yet.
    void queryClient.cancelQueries({ queryKey });
    queryClient.setQueryData(queryKey, (current) => [...make(current ?? [])]);
  }
  const open = useMutation({
    mutationFn: () => client.terminals.open.mutate({ cohortId, ...FIRST_SIZE }),
    onMutate: first.done,
    onSuccess: (terminal) => {
      change((terminals) => [...terminals, terminal]);
      setChosenId(terminal.terminalId);
    },
    onError: (error) => {
      toast.error("No terminal was opened", { description: readApiError(error).message });
    },
  });
  const close = useMutation({
    mutationFn: (terminalId: string) => client.terminals.close.mutate({ cohortId, terminalId }),
    onMutate: (terminalId) => {
      first.done();
      change((terminals) => terminals.filter((terminal) => terminal.terminalId !== terminalId));
    },
    onError: () => queryClient.invalidateQueries({ queryKey }),
  });
  const list = useList(cohortId, {
    isWanted: sandboxId !== null,
    isChanging: open.isPending || close.isPending,
  });
  useFreshList(sandboxId, isStopped, {
    refetch: list.refetch,
    reset: () => queryClient.resetQueries({ queryKey }),
  });
  const terminals = isStopped || list.data === undefined ? NONE : list.data;
  const { isEmpty } = list;
  const needsFirst = isEmpty && first.isWanted;
  const { mutate: openOne } = open;
  useEffect(() => {
    if (needsFirst) openOne();
  }, [needsFirst, openOne]);

  const active = terminals.find((terminal) => terminal.terminalId === chosenId) ?? terminals[0];
  return {
    terminals,
    activeId: active?.terminalId ?? null,
    choose: setChosenId,
    open: openOne,
    close: close.mutate,
    isOpening: open.isPending,
    /** True when there is none and none is on its way: the reader closed the last, or opening failed. */
    isIdle: isEmpty && !needsFirst && !open.isPending,
    error: list.error,
    refresh: () => void list.refetch(),
  };
}

/** The list, asked for again and again while its names matter, but never while it is being changed. */
function useList(
  cohortId: string,
  { isWanted, isChanging }: { readonly isWanted: boolean; readonly isChanging: boolean },
) {
  const trpc = useTRPC();
  const { data, error, refetch, isFetching } = useQuery({
    ...trpc.terminals.list.queryOptions({ cohortId }),
    enabled: isWanted,
    staleTime: Infinity,
    refetchInterval: ({ state }) => (!isChanging && hasNames(state.data) ? NAMES_MS : false),
  });
  return { data, error, refetch, isEmpty: isWanted && data?.length === 0 && !isFetching };
}

/**
 * Whether a first terminal is still to be opened by itself: once for every sandbox, and once more each time it comes back from a
 * stop.
 */
function useFirst(sandboxId: string | null, isStopped: boolean) {
  const [seen, setSeen] = useState({ sandboxId, isStopped });
  const [isWanted, setIsWanted] = useState(true);
  const isOther = sandboxId !== null && sandboxId !== seen.sandboxId;
  if (isOther || isStopped !== seen.isStopped) {
    setSeen({ sandboxId: sandboxId ?? seen.sandboxId, isStopped });
    setIsWanted(true);
  }
  const done = useCallback(() => {
    setIsWanted(false);
  }, []);
  return { isWanted, done };
}

interface ListCalls {
  readonly refetch: () => Promise<unknown>;
  /** Forgets the list; asks for it again when there is a sandbox to ask. */
  readonly reset: () => Promise<unknown>;
}

/** Terminals end with a sandbox that stops and are not those of another; one that was only out of reach may have others by now. */
function useFreshList(sandboxId: string | null, isStopped: boolean, calls: ListCalls): void {
  const seen = useRef<{ sandboxId: string | null; wasAway: boolean }>({ sandboxId: null, wasAway: false });
  const onStop = useEffectEvent(() => void calls.reset());
  const onArrival = useEffectEvent((arrivedId: string) => {
    const { sandboxId: beforeId, wasAway } = seen.current;
    seen.current = { sandboxId: arrivedId, wasAway: false };
    if (beforeId !== null && beforeId !== arrivedId) void calls.reset();
    else if (wasAway) void calls.refetch();
  });
  useEffect(() => {
    if (isStopped) onStop();
  }, [isStopped]);
  useEffect(() => {
    if (sandboxId === null) return undefined;
    onArrival(sandboxId);
    return () => {
      seen.current.wasAway = true;
    };
  }, [sandboxId]);
}
