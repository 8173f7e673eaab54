"use client";

import { useCallback, useEffect } from "react";
import { useTRPCClient } from "@/app/_lib/api";
import { firstOpenStep } from "@/app/_lib/lab-progress";
import { useFragment } from "@/app/_lib/use-fragment";
import type { LabView, StepView } from "@/server/protocol/views";

/** The step on show: the one that the address names, else where to go on. The board is told which one is open. */
export function useCurrentStep(lab: LabView | undefined) {
  const client = useTRPCClient();
  const fragment = useFragment();
  const step = lab === undefined ? undefined : stepOf(lab, fragment);
  const labSessionId = lab?.labSessionId;
  const stepId = step?.stepId;

  useEffect(() => {
    if (stepId === undefined || labSessionId === undefined) return;
    // Pins where the reader is, so that a tick elsewhere never turns the page under them.
    history.replaceState(history.state, "", `#${stepId}`);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
    // Only the board would miss it, and it learns the step from the next check.
    client.grading.openStep.mutate({ labSessionId, stepId }).catch(() => undefined);
  }, [client, labSessionId, stepId]);

  const goTo = useCallback((id: string) => {
    history.replaceState(history.state, "", `#${id}`);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  }, []);
  return { step, goTo };
}

function stepOf(lab: LabView, fragment: string): StepView | undefined {
  return lab.steps.find((step) => step.stepId === fragment) ?? firstOpenStep(lab);
}
