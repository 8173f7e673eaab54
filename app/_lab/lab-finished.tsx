import Link from "next/link";
import { counted } from "@/app/_lib/durations";
import { SlantProgress } from "@/app/_ui/slant-progress";
import type { LabView } from "@/server/protocol/views";
import type { LabAddress } from "./use-lab";

/** Under the last step of a lab whose every step has passed. */
export function LabFinished({ address, lab }: { readonly address: LabAddress; readonly lab: LabView }) {
  return (
    <section
      aria-label="Lab finished"
      className="border-accent/50 bg-accent-soft animate-appear mt-8 rounded-lg border p-4"
    >
      <SlantProgress className="h-2 w-28" label="Progress" passed={lab.steps.map(() => true)} />
      <h2 className="mt-3 text-base font-semibold">{lab.title}: done</h2>
      <p className="text-ink-soft mt-1 text-[13px]">
        All {counted(lab.steps.length, "step")} have passed. Your sandbox stays as it is: play on, or{" "}
        {lab.nextLabId === null ? (
          <Link className="text-accent underline underline-offset-3" href={`/cohorts/${address.cohortId}`}>
            go back to the workshop
          </Link>
        ) : (
          <Link
            className="text-accent underline underline-offset-3"
            href={`/cohorts/${address.cohortId}/labs/${lab.nextLabId}`}
          >
            go on to the next lab
          </Link>
        )}
        .
      </p>
    </section>
  );
}
