"use client";

import { useMutation } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPCClient } from "@/app/_lib/api";
import { readApiError } from "@/app/_lib/api-error";

/** Whose sandbox, and for which lab they need it. */
export interface SandboxAddress {
  readonly cohortId: string;
  readonly labId: string;
}

/** Resets, replaces or changes the reader's sandbox. What comes of it is told by the watched view. */
export function useSandboxChange({ cohortId, labId }: SandboxAddress, onDone: () => void) {
  const client = useTRPCClient();
  const tell = (error: unknown) => {
    toast.error("Your sandbox is as it was", { description: readApiError(error).message });
  };
  const reset = useMutation({
    mutationFn: (keepsHome: boolean) => client.sandboxes.reset.mutate({ cohortId, keepsHome }),
    onSuccess: onDone,
    onError: tell,
  });
  const replace = useMutation({
    mutationFn: () => client.sandboxes.replace.mutate({ cohortId }),
    onSuccess: onDone,
    onError: tell,
  });
  const change = useMutation({
    mutationFn: () => client.sandboxes.changeProfile.mutate({ cohortId, labId }),
    onSuccess: onDone,
    onError: tell,
  });
  return { reset, replace, change };
}

/** Takes back a change that waits for room. */
export function useChangeWithdrawal({ cohortId }: Pick<SandboxAddress, "cohortId">) {
  const client = useTRPCClient();
  return useMutation({
    mutationFn: () => client.sandboxes.withdrawChange.mutate({ cohortId }),
    onError: (error) => {
      toast.error("Your sandbox is still to change", { description: readApiError(error).message });
    },
  });
}
