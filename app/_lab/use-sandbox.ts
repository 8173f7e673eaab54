"use client";

import { useSubscription } from "@trpc/tanstack-react-query";
import { useState } from "react";
import { useTRPC } from "@/app/_lib/api";
import { usePageVisible } from "@/app/_lib/use-page-visible";
import type { SandboxView } from "@/server/protocol/views";
import type { LabAddress } from "./use-lab";

const NONE: SandboxView = { state: "none" };

/** The attendee's sandbox as it changes, as the lab at hand sees it. Watching it also asks for one, and keeps its lease while the page is seen. */
export function useSandbox({ cohortId, labId }: LabAddress): SandboxView {
  const trpc = useTRPC();
  const isVisible = usePageVisible();
  const [sandbox, setSandbox] = useState(NONE);
  useSubscription(
    trpc.sandboxes.watch.subscriptionOptions({ cohortId, labId }, { enabled: isVisible, onData: setSandbox }),
  );
  return sandbox;
}
