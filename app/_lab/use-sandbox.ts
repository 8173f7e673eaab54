"use client";

import { useSubscription } from "@trpc/tanstack-react-query";
import { useState } from "react";
import { useTRPC } from "@/app/_lib/api";
import { usePageVisible } from "@/app/_lib/use-page-visible";
import type { SandboxView } from "@/server/protocol/views";

const NONE: SandboxView = { state: "none" };

/** The attendee's sandbox as it changes. Watching it also asks for one, and keeps its lease while the page is seen. */
export function useSandbox(cohortId: string): SandboxView {
  const trpc = useTRPC();
  const isVisible = usePageVisible();
  const [sandbox, setSandbox] = useState(NONE);
  useSubscription(
    trpc.sandboxes.watch.subscriptionOptions({ cohortId }, { enabled: isVisible, onData: setSandbox }),
  );
  return sandbox;
}
