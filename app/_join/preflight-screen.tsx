"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { CircleCheck, Circle, TriangleAlert } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { useTRPC } from "@/app/_lib/api";
import { runPreflight, type PreflightFinding } from "@/app/_lib/preflight";
import { Button, buttonStyle } from "@/app/_ui/button";
import { Gate } from "@/app/_ui/gate";

const CHECKS = [
  "Answer time",
  "Live terminal",
  "Copy and paste",
  "Memory of this browser",
  "Fast drawing",
] as const;

/** One click before the day: will this browser, on this network, work? Nothing is judged that cannot be said plainly. */
export function PreflightScreen() {
  const [findings, setFindings] = useState<readonly PreflightFinding[]>([]);
  const viewer = useQuery(useTRPC().accounts.viewer.queryOptions()).data ?? null;
  const { mutate, isPending, isSuccess } = useMutation({
    mutationFn: () =>
      runPreflight(viewer !== null, (finding) => {
        setFindings((before) => [...before, finding]);
      }),
    onMutate: () => {
      setFindings([]);
    },
  });
  const isAllWell = findings.every((finding) => finding.isWell);
  return (
    <Gate
      title="Test this browser"
      lead="Five looks at what a workshop needs. It takes a few seconds and sends nothing anywhere else."
    >
      <ul className="border-line divide-line bg-panel divide-y rounded-lg border" aria-busy={isPending}>
        {CHECKS.map((title, index) => {
          const finding = findings[index];
          return (
            <li key={title} className="flex items-start gap-3 px-4 py-3">
              <FindingIcon finding={finding} />
              <div className="min-w-0">
                <p className="font-medium">{title}</p>
                <p role={finding === undefined ? undefined : "status"} className="text-ink-soft text-[13px]">
                  {finding?.words ?? (isPending ? "Looking…" : "Not tested yet")}
                </p>
              </div>
            </li>
          );
        })}
      </ul>
      {isSuccess && (
        <p role="status" className="mt-4 text-[15px] font-medium">
          {isAllWell
            ? "You are ready for the workshop."
            : "You can take part; the notes above say what will be different."}
        </p>
      )}
      <div className="mt-5 flex flex-wrap gap-2">
        <Button
          tone="primary"
          disabled={isPending}
          onClick={() => {
            mutate();
          }}
        >
          {isPending ? "Testing…" : isSuccess ? "Test again" : "Start the test"}
        </Button>
        <Link href="/" className={buttonStyle()}>
          Join a workshop
        </Link>
      </div>
    </Gate>
  );
}

function FindingIcon({ finding }: { readonly finding: PreflightFinding | undefined }) {
  if (finding === undefined) return <Circle aria-hidden className="text-ink-faint mt-0.5 size-4 shrink-0" />;
  if (finding.isWell) return <CircleCheck aria-label="fine" className="text-accent mt-0.5 size-4 shrink-0" />;
  return <TriangleAlert aria-label="note" className="text-warn mt-0.5 size-4 shrink-0" />;
}
