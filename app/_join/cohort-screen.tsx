"use client";

import { useQuery } from "@tanstack/react-query";
import { ArrowRight, Check } from "lucide-react";
import Link from "next/link";
import { useTRPC } from "@/app/_lib/api";
import { counted, dateTimeWords, minutesWords } from "@/app/_lib/durations";
import { buttonStyle } from "@/app/_ui/button";
import { QueryFailure } from "@/app/_ui/failure";
import { LoadingLabel, Skeleton } from "@/app/_ui/skeleton";
import { SlantProgress } from "@/app/_ui/slant-progress";
import type { EnrollmentView, LabSummary } from "@/server/protocol/views";

/** The workshop as its attendee sees it: the labs in order, how far each is, and one button to go on. */
export function CohortScreen({ cohortId }: { readonly cohortId: string }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.cohorts.enrollment.queryOptions({ cohortId }));
  if (data === undefined && error !== null)
    return <QueryFailure error={error} onRetry={() => void refetch()} />;
  return (
    <div className="mx-auto w-full max-w-3xl px-5 py-10 sm:px-8">
      {data === undefined ? <CohortSkeleton /> : <Cohort enrollment={data} />}
    </div>
  );
}

function Cohort({ enrollment }: { readonly enrollment: EnrollmentView }) {
  const next = enrollment.labs.find((lab) => lab.passedCount < lab.stepCount) ?? enrollment.labs.at(-1);
  const hasBegun = enrollment.labs.some((lab) => lab.passedCount > 0);
  const isDone = enrollment.labs.every((lab) => lab.passedCount === lab.stepCount);
  const words = isDone ? "Look at it again" : hasBegun ? "Continue" : "Start the first lab";
  return (
    <>
      <p className="text-ink-faint text-[13px]">{enrollment.cohortName}</p>
      <div className="mt-1 flex flex-wrap items-end justify-between gap-4">
        <h1 className="text-[26px] leading-tight font-semibold tracking-[-0.025em]">
          {enrollment.workshopTitle}
        </h1>
        {next !== undefined && (
          <Link
            href={`/cohorts/${enrollment.cohortId}/labs/${next.labId}`}
            className={buttonStyle({ tone: "primary", size: "large" })}
          >
            {words}
            <ArrowRight aria-hidden />
          </Link>
        )}
      </div>
      <p className="text-ink-soft mt-3 text-[13px]">
        Hello {enrollment.displayName}. Your sandbox and its files stay here until{" "}
        <time dateTime={enrollment.homeworkUntil.toISOString()}>
          {dateTimeWords(enrollment.homeworkUntil)}
        </time>
        .
      </p>
      {enrollment.labs.length === 0 ? (
        <p className="border-line text-ink-soft mt-8 rounded-lg border border-dashed p-6 text-center">
          This workshop has no labs yet. Your instructor may still be adding them: reload the page later.
        </p>
      ) : (
        <ol className="border-line divide-line bg-panel mt-8 divide-y overflow-hidden rounded-lg border">
          {enrollment.labs.map((lab, index) => (
            <LabRow key={lab.labId} lab={lab} number={index + 1} cohortId={enrollment.cohortId} />
          ))}
        </ol>
      )}
    </>
  );
}

interface LabRowProps {
  readonly lab: LabSummary;
  readonly number: number;
  readonly cohortId: string;
}

function LabRow({ lab, number, cohortId }: LabRowProps) {
  const isDone = lab.stepCount > 0 && lab.passedCount === lab.stepCount;
  return (
    <li>
      <Link
        href={`/cohorts/${cohortId}/labs/${lab.labId}`}
        className="group hover:bg-raised grid grid-cols-[2rem_1fr_auto] items-center gap-x-3 gap-y-1 px-4 py-4 -outline-offset-2 transition-colors sm:grid-cols-[2rem_1fr_10rem_auto]"
      >
        <span className="label-mono text-ink-faint flex size-7 items-center justify-center">
          {isDone ? (
            <Check aria-label="done" className="text-accent size-4.5" />
          ) : (
            String(number).padStart(2, "0")
          )}
        </span>
        <span className="min-w-0">
          <span className="text-ink block text-[15px] font-medium">{lab.title}</span>
          <span className="text-ink-faint block text-xs tabular-nums">
            {counted(lab.stepCount, "step")} · {minutesWords(lab.minutes)}
          </span>
        </span>
        <SlantProgress
          className="order-last col-span-2 col-start-2 mt-1 h-1.5 sm:order-none sm:col-span-1 sm:col-start-auto sm:mt-0"
          label={`Progress of ${lab.title}`}
          passed={Array.from({ length: lab.stepCount }, (_, index) => index < lab.passedCount)}
        />
        <ArrowRight aria-hidden className="text-ink-faint group-hover:text-accent size-4" />
      </Link>
    </li>
  );
}

function CohortSkeleton() {
  return (
    <>
      <LoadingLabel>Loading your workshop</LoadingLabel>
      <Skeleton className="h-4 w-40" />
      <Skeleton className="mt-3 h-8 w-96 max-w-full" />
      <Skeleton className="mt-4 h-4 w-72 max-w-full" />
      <div className="mt-8 space-y-px">
        {[0, 1].map((row) => (
          <Skeleton key={row} className="h-18 w-full" />
        ))}
      </div>
    </>
  );
}
