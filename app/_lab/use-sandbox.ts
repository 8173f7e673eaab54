"use client";

import { useState } from "react";
import { useTRPC } from "@/app/_lib/api";
import { useSteadySubscription } from "@/app/_lib/use-steady-subscription";
import type { SandboxView } from "@/server/protocol/views";
import type { LabAddress } from "./use-lab";

const NONE: SandboxView = { state: "none" };

/** The attendee's sandbox as it changes, as the lab at hand sees it. Watching it also asks for one, and keeps its lease while the page is seen. */
export function useSandbox({ cohortId, labId }: LabAddress): SandboxView {
  const trpc = useTRPC();
  const [sandbox, setSandbox] = useState(NONE);
  useSteadySubscription(
    trpc.sandboxes.watch.subscriptionOptions({ cohortId, labId }, { onData: setSandbox }),
  );
  return sandbox;
}
