"use client";

import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/app/_lib/api";
import { rejoinLink } from "@/app/_lib/rejoin-code";
import { CopyButton } from "@/app/_ui/copy-button";
import { QueryFailure } from "@/app/_ui/failure";
import { LoadingLabel, Skeleton } from "@/app/_ui/skeleton";
import { formatCode } from "@/server/protocol/codes";

/** A rejoin code to write down, and as a link. */
export function RejoinCode({ code }: { readonly code: string }) {
  return (
    <>
      <p className="text-ink bg-well border-line rounded-md border px-3 py-2.5 text-center font-mono text-lg tracking-[0.06em] select-all">
        {formatCode(code)}
      </p>
      <div className="mt-2 flex flex-wrap gap-2">
        <CopyButton size="small" text={formatCode(code)} label="Copy the code" />
        <CopyButton size="small" text={rejoinLink(code)} label="Copy as a link" />
      </div>
    </>
  );
}

/** The same, asked from the server: for the lab's menu. */
export function AskedRejoinCode({ cohortId }: { readonly cohortId: string }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.cohorts.rejoinCode.queryOptions({ cohortId }));
  if (data !== undefined) return <RejoinCode code={data.rejoinCode} />;
  if (error !== null) return <QueryFailure error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <LoadingLabel>Loading your rejoin code</LoadingLabel>
      <Skeleton className="h-12 w-full" />
    </>
  );
}
