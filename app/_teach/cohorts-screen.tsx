"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useState } from "react";
import { useTRPC } from "@/app/_lib/api";
import { spanWords } from "@/app/_lib/durations";
import { useNow } from "@/app/_lib/use-now";
import { Button } from "@/app/_ui/button";
import { QueryFailure } from "@/app/_ui/failure";
import { LoadingLabel, Skeleton } from "@/app/_ui/skeleton";
import { formatCode } from "@/server/protocol/codes";
import type { CohortSummary } from "@/server/protocol/views";
import { CapacityPanel } from "./capacity-panel";
import { StaffPanel } from "./staff-panel";

const CreateCohortDialog = dynamic(() =>
  import("./create-cohort-dialog").then((module) => module.CreateCohortDialog),
);

/** The instructor's first page: every cohort with its code and its board. */
export function CohortsScreen() {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.cohorts.list.queryOptions());
  const [isCreating, setIsCreating] = useState(false);
  if (data === undefined && error !== null)
    return <QueryFailure error={error} onRetry={() => void refetch()} />;
  const create = () => {
    setIsCreating(true);
  };
  return (
    <div className="mx-auto w-full max-w-5xl px-5 py-8 sm:px-8">
      <div className="mb-5 flex items-center justify-between gap-4">
        <h1 className="text-xl font-semibold tracking-[-0.02em]">Cohorts</h1>
        <Button tone="primary" onClick={create}>
          <Plus aria-hidden />
          New cohort
        </Button>
      </div>
      {data === undefined ? <CohortsSkeleton /> : <Cohorts cohorts={data} onCreate={create} />}
      <CapacityPanel />
      <StaffPanel />
      {isCreating && (
        <CreateCohortDialog
          onClose={() => {
            setIsCreating(false);
          }}
        />
      )}
    </div>
  );
}

interface CohortsProps {
  readonly cohorts: readonly CohortSummary[];
  readonly onCreate: () => void;
}

function Cohorts({ cohorts, onCreate }: CohortsProps) {
  if (cohorts.length === 0) {
    return (
      <div className="border-line-strong/60 rounded-lg border border-dashed px-6 py-12 text-center">
        <h2 className="text-[15px] font-medium">No cohort yet</h2>
        <p className="text-ink-soft mx-auto mt-1 max-w-sm text-[13px]">
          A cohort is one delivery of a workshop: dates, a join code for the room, and a board that shows who
          is where.
        </p>
        <Button tone="primary" className="mt-5" onClick={onCreate}>
          Make the first one
        </Button>
      </div>
    );
  }
  return (
    <ul className="border-line divide-line bg-panel divide-y overflow-hidden rounded-lg border">
      {cohorts.map((cohort) => (
        <CohortRow key={cohort.cohortId} cohort={cohort} />
      ))}
    </ul>
  );
}

const NOW_EVERY_MS = 60_000;

function CohortRow({ cohort }: { readonly cohort: CohortSummary }) {
  const phase = phaseOf(cohort, useNow(NOW_EVERY_MS));
  return (
    <li>
      <Link
        href={`/teach/${cohort.cohortId}`}
        className="hover:bg-raised grid gap-x-6 gap-y-1 px-4 py-3.5 -outline-offset-2 transition-colors sm:grid-cols-[1fr_auto_7rem_9rem] sm:items-center"
      >
        <span className="min-w-0">
          <span className="flex items-center gap-2 text-[15px] font-medium">
            <span className="truncate">{cohort.name}</span>
            {cohort.isDemo && <Tag>demo</Tag>}
            <Tag isStrong={phase === "now"}>{phase}</Tag>
          </span>
          <span className="text-ink-soft block truncate text-[13px]">{cohort.workshopTitle}</span>
        </span>
        <span className="text-ink-faint text-xs tabular-nums">
          {spanWords(cohort.startsAt, cohort.endsAt)}
        </span>
        <span className="text-ink-soft text-[13px] tabular-nums sm:text-right">
          {cohort.attendeeCount} of {cohort.capacity}
          <span className="sr-only"> attendees</span>
        </span>
        <span className="font-mono text-[15px] tracking-[0.04em] sm:text-right">
          {cohort.joinCode === null ? (
            <span className="text-ink-faint font-sans text-[13px] tracking-normal">no join code</span>
          ) : (
            formatCode(cohort.joinCode)
          )}
        </span>
      </Link>
    </li>
  );
}

function Tag({ children, isStrong = false }: { readonly children: string; readonly isStrong?: boolean }) {
  return (
    <span
      className={`rounded-sm px-1.5 py-px text-2xs font-medium ${isStrong ? "bg-accent-soft text-accent" : "bg-raised text-ink-faint"}`}
    >
      {children}
    </span>
  );
}

function phaseOf({ startsAt, endsAt, homeworkUntil }: CohortSummary, nowMs: number): string {
  if (nowMs < startsAt.getTime()) return "planned";
  if (nowMs < endsAt.getTime()) return "now";
  return nowMs < homeworkUntil.getTime() ? "homework" : "over";
}

function CohortsSkeleton() {
  return (
    <div className="space-y-px">
      <LoadingLabel>Loading the cohorts</LoadingLabel>
      {[0, 1, 2].map((row) => (
        <Skeleton key={row} className="h-16 w-full" />
      ))}
    </div>
  );
}
