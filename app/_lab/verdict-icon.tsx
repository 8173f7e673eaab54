import { CircleCheck, CircleX, TriangleAlert } from "lucide-react";
import { classNames } from "@/app/_lib/class-names";
import type { VerdictView } from "@/server/protocol/views";

/** What a verdict is called towards its reader: a failure is "not yet", an error is ours. */
export const VERDICT_WORDS = {
  passed: "Passed",
  failed: "Not yet",
  errored: "Could not check",
} as const satisfies Record<VerdictView, string>;

const LOOKS = {
  passed: { icon: CircleCheck, ink: "text-accent" },
  failed: { icon: CircleX, ink: "text-bad" },
  errored: { icon: TriangleAlert, ink: "text-warn" },
} as const satisfies Record<VerdictView, object>;

/** A verdict by shape and colour; the words stand beside it. */
export function VerdictIcon({
  verdict,
  className,
}: {
  readonly verdict: VerdictView;
  readonly className?: string;
}) {
  const look = LOOKS[verdict];
  return <look.icon aria-hidden className={classNames("shrink-0", look.ink, className ?? "size-4")} />;
}
