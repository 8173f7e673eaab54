/** Random UUID of one sandbox: its row, its labels and its container all carry it. */
export type SandboxId = string & { readonly __brand: "SandboxId" };

/**
 * Lifecycle of one sandbox. A phase only ever moves to one of its listed successors; `asleep` and back is
 * the one loop, since a lease may sleep many times.
 */
export const NEXT_PHASES = {
  // Straight to its end when a warm sandbox is given in its place: nothing was made.
  requested: ["provisioning", "destroying", "destroyed"],
  provisioning: ["ready", "assigned", "failed", "destroying"],
  ready: ["assigned", "failed", "destroying"],
  assigned: ["asleep", "failed", "destroying"],
  asleep: ["assigned", "failed", "destroying"],
  failed: ["destroying"],
  destroying: ["destroyed"],
  destroyed: [],
} as const satisfies Record<string, readonly string[]>;

export type SandboxPhase = keyof typeof NEXT_PHASES;

/** True when `to` is a legal successor of `from`. */
export function canMoveTo(from: SandboxPhase, to: SandboxPhase): boolean {
  return (NEXT_PHASES[from] as readonly SandboxPhase[]).includes(to);
}

/** Phases in which an enrollment has a sandbox, or a place in the queue for one. */
export const LIVE_PHASES = [
  "requested",
  "provisioning",
  "ready",
  "assigned",
  "asleep",
] as const satisfies readonly SandboxPhase[];
