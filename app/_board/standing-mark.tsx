import { Check, CircleDashed, CircleX, Hand, LoaderCircle, Moon, type LucideIcon } from "lucide-react";
import { classNames } from "@/app/_lib/class-names";
import type { Standing } from "@/app/_lib/board-rows";

interface StandingLook {
  readonly words: string;
  readonly means: string;
  readonly icon: LucideIcon;
  readonly ink: string;
}

/** Each standing by word, shape and colour. */
export const STANDING_LOOKS: Readonly<Record<Standing, StandingLook>> = {
  stuck: {
    words: "Stuck",
    means: "Many failed checks, no step passed for a while",
    icon: Hand,
    ink: "text-bad",
  },
  failing: { words: "Failing", means: "The last check did not pass", icon: CircleX, ink: "text-warn" },
  working: { words: "Working", means: "Here and on the way", icon: LoaderCircle, ink: "text-ink" },
  idle: {
    words: "Idle",
    means: "Here, without progress for a while",
    icon: CircleDashed,
    ink: "text-ink-soft",
  },
  away: { words: "Away", means: "The page has been closed for a while", icon: Moon, ink: "text-ink-faint" },
  done: { words: "Done", means: "Every step has passed", icon: Check, ink: "text-accent" },
};

/** A standing as a mark with its word. */
export function StandingMark({ standing }: { readonly standing: Standing }) {
  const look = STANDING_LOOKS[standing];
  return (
    <span className={classNames("flex items-center gap-1.5 text-xs", look.ink)} title={look.means}>
      <look.icon aria-hidden className="size-3.5 shrink-0" />
      {look.words}
    </span>
  );
}
