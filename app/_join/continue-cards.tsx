import { ArrowRight } from "lucide-react";
import Link from "next/link";
import type { EnrollmentView } from "@/server/protocol/views";

interface ContinueCardsProps {
  readonly enrollments: readonly EnrollmentView[];
  readonly displayName: string;
}

/** One card a cohort the reader is in: a click and they are where they left. */
export function ContinueCards({ enrollments, displayName }: ContinueCardsProps) {
  return (
    <ul className="mb-6 space-y-2">
      {enrollments.map((enrollment) => {
        const passed = enrollment.labs.reduce((sum, lab) => sum + lab.passedCount, 0);
        const total = enrollment.labs.reduce((sum, lab) => sum + lab.stepCount, 0);
        return (
          <li key={enrollment.enrollmentId}>
            <Link
              href={`/cohorts/${enrollment.cohortId}`}
              className="group border-line-strong bg-panel hover:border-accent flex items-center gap-4 rounded-lg border p-4 transition-colors"
            >
              <span className="min-w-0 flex-1">
                <span className="text-ink block truncate text-[15px] font-medium">
                  Continue as {enrollment.displayName === "" ? displayName : enrollment.displayName}
                </span>
                <span className="text-ink-soft mt-0.5 block truncate text-[13px]">
                  {enrollment.workshopTitle}
                </span>
                <span className="text-ink-faint mt-0.5 block text-xs tabular-nums">
                  {passed} of {total} steps passed
                </span>
              </span>
              <ArrowRight aria-hidden className="text-ink-faint group-hover:text-accent size-5 shrink-0" />
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
