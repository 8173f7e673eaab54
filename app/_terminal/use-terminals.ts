"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { toast } from "sonner";
import { useTRPC, useTRPCClient } from "@/app/_lib/api";
import { readApiError } from "@/app/_lib/api-error";
import type { TerminalView } from "@/server/protocol/views";

/** Size of a terminal before its screen has measured itself. */
const FIRST_SIZE = { columns: 100, rows: 30 };

/** The attendee's terminals. The first visit opens one; reloads, other tabs and devices find those that are there. */
export function useTerminals(cohortId: string, isReady: boolean) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const { queryKey, ...options } = trpc.terminals.list.queryOptions({ cohortId });
  const list = useQuery({ queryKey, ...options, enabled: isReady, staleTime: Infinity });
  const [chosenId, setChosenId] = useState<string | null>(null);

  function change(make: (terminals: readonly TerminalView[]) => readonly TerminalView[]): void {
    queryClient.setQueryData(queryKey, (current) => [...make(current ?? [])]);
  }
  const open = useMutation({
    mutationFn: () => client.terminals.open.mutate({ cohortId, ...FIRST_SIZE }),
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
      change((terminals) => terminals.filter((terminal) => terminal.terminalId !== terminalId));
    },
    onError: () => queryClient.invalidateQueries({ queryKey }),
  });
  const needsFirst = isReady && list.data?.length === 0 && open.isIdle && close.isIdle;
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
    error: list.error,
    refresh: () => void list.refetch(),
  };
}
