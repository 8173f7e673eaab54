"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPC, useTRPCClient } from "@/app/_lib/api";
import { readApiError } from "@/app/_lib/api-error";
import { mergeProgress, newlyPassed, withStep } from "@/app/_lib/lab-progress";
import { useSteadySubscription } from "@/app/_lib/use-steady-subscription";
import type { LabProgressView, LabView, StepView } from "@/server/protocol/views";

export interface LabAddress {
  readonly cohortId: string;
  readonly labId: string;
}

/** The lab, kept current while the page is seen: what passes by itself is merged in and told to the reader. */
export function useLab(address: LabAddress) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const options = trpc.grading.lab.queryOptions(address, { staleTime: Infinity });
  const lab = useQuery(options);

  function onProgress(progress: LabProgressView): void {
    const before = queryClient.getQueryData(options.queryKey);
    if (before === undefined) return;
    const after = mergeProgress(before, progress);
    queryClient.setQueryData(options.queryKey, after);
    for (const step of newlyPassed(before, after)) toast.success("Step passed", { description: step.title });
  }
  useSteadySubscription(
    trpc.grading.watchLab.subscriptionOptions(address, {
      enabled: lab.data !== undefined,
      onData: onProgress,
    }),
  );
  return lab;
}

/** What an attendee can do on a step. Every answer goes into the cached lab; failures are told as short notices. */
export function useStepActions(address: LabAddress, lab: LabView, stepId: string) {
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const { queryKey } = useTRPC().grading.lab.queryOptions(address);
  const input = { labSessionId: lab.labSessionId, stepId };

  function change(make: (step: StepView) => Partial<StepView>): void {
    queryClient.setQueryData(queryKey, (current) => {
      const step = current?.steps.find((each) => each.stepId === stepId);
      return current === undefined || step === undefined ? current : withStep(current, stepId, make(step));
    });
  }
  const tell = (title: string) => (error: unknown) => {
    toast.error(title, { description: readApiError(error).message });
  };
  const runChecks = useMutation({
    mutationFn: () => client.grading.runChecks.mutate(input),
    onSuccess: (attempt) => {
      change((step) => ({
        lastAttempt: attempt,
        passedAt: step.passedAt ?? (attempt.verdict === "passed" ? attempt.at : null),
      }));
    },
    onError: tell("Your work was not checked"),
  });
  const revealHint = useMutation({
    mutationFn: () => client.grading.revealHint.mutate(input),
    onSuccess: ({ hints }) => {
      change(() => ({ hints }));
    },
    onError: tell("The hint did not come"),
  });
  const revealSolution = useMutation({
    mutationFn: () => client.grading.revealSolution.mutate(input),
    onSuccess: ({ solution }) => {
      change(() => ({ solution }));
    },
    onError: tell("The solution did not come"),
  });
  return { runChecks, revealHint, revealSolution };
}

export type StepActions = ReturnType<typeof useStepActions>;
