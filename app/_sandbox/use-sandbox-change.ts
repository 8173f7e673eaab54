"use client";

import { useMutation } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPCClient } from "@/app/_lib/api";
import { readApiError } from "@/app/_lib/api-error";

/** Resets or replaces the reader's sandbox. What comes of it is told by the watched view. */
export function useSandboxChange(cohortId: string, onDone: () => void) {
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
  return { reset, replace };
}
