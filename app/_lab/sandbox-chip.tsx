import { classNames } from "@/app/_lib/class-names";
import type { SandboxStartKind, SandboxView } from "@/server/protocol/views";

const LOOKS = {
  none: { words: "No sandbox yet", mark: "border border-ink-faint" },
  queued: { words: "In the queue", mark: "border border-warn" },
  starting: { words: "Starting", mark: "bg-warn animate-breathe" },
  ready: { words: "Sandbox ready", mark: "bg-accent" },
  asleep: { words: "Asleep", mark: "border border-ink-faint" },
  unreachable: { words: "Unreachable", mark: "bg-bad rotate-45" },
  failed: { words: "Not running", mark: "bg-bad rotate-45" },
} as const satisfies Record<SandboxView["state"], object>;

const STARTING = {
  create: "Starting",
  wake: "Waking",
  reset: "Resetting",
  replace: "Being replaced",
  change: "Changing",
} as const satisfies Record<SandboxStartKind, string>;

/** The sandbox's state in two words; the mark differs by shape too. */
export function SandboxChip({ sandbox }: { readonly sandbox: SandboxView }) {
  const { mark } = LOOKS[sandbox.state];
  const words = sandbox.state === "starting" ? STARTING[sandbox.what] : LOOKS[sandbox.state].words;
  return (
    <span role="status" className="text-ink-soft flex items-center gap-2 px-1 text-xs whitespace-nowrap">
      <span aria-hidden className={classNames("size-2 rounded-[2px]", mark)} />
      {words}
    </span>
  );
}
