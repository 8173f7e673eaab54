"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { toast } from "sonner";
import { useTRPC, useTRPCClient } from "@/app/_lib/api";
import { readApiError } from "@/app/_lib/api-error";
import type { TerminalView } from "@/server/protocol/views";

/** Size of a terminal before its screen has measured itself. */
const FIRST_SIZE = { columns: 100, rows: 30 };

/**
 * The attendee's terminals. The first visit opens one; reloads, other tabs and devices find those that are there, and so
 * does a sandbox that has been woken or replaced. `sandboxId` is null while it is not ready.
 */
export function useTerminals(cohortId: string, sandboxId: string | null) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const base = trpc.terminals.list.queryOptions({ cohortId });
  const { queryKey } = base;
  const list = useQuery({ ...base, enabled: sandboxId !== null, staleTime: Infinity });
  const [chosenId, setChosenId] = useState<string | null>(null);
  const [wantsNone, setWantsNone] = useState(false);
  useRefreshOnReturn(sandboxId, list.refetch);

  function change(make: (terminals: readonly TerminalView[]) => readonly TerminalView[]): void {
    queryClient.setQueryData(queryKey, (current) => [...make(current ?? [])]);
  }
  const open = useMutation({
    mutationFn: () => client.terminals.open.mutate({ cohortId, ...FIRST_SIZE }),
    onSuccess: (terminal) => {
      change((terminals) => [...terminals, terminal]);
      setChosenId(terminal.terminalId);
      setWantsNone(false);
    },
    onError: (error) => {
      toast.error("No terminal was opened", { description: readApiError(error).message });
    },
  });
  const close = useMutation({
    mutationFn: (terminalId: string) => client.terminals.close.mutate({ cohortId, terminalId }),
    onMutate: (terminalId) => {
      setWantsNone(true);
      change((terminals) => terminals.filter((terminal) => terminal.terminalId !== terminalId));
    },
    onError: () => queryClient.invalidateQueries({ queryKey }),
  });
  const isEmpty = sandboxId !== null && list.data?.length === 0 && !list.isFetching;
  const needsFirst = isEmpty && !wantsNone && open.isIdle;
  const { mutate: openOne } = open;
  useEffect(() => {
    if (needsFirst) openOne();
  }, [needsFirst, openOne]);

  const terminals = list.data ?? [];
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

/** A sandbox that was woken or replaced has other terminals than the one before. */
function useRefreshOnReturn(sandboxId: string | null, refetch: () => Promise<unknown>): void {
  const wasAway = useRef(false);
  useEffect(() => {
    if (sandboxId !== null && wasAway.current) void refetch();
    return () => {
      if (sandboxId !== null) wasAway.current = true;
    };
  }, [sandboxId, refetch]);
}
