import type { Clock } from "../platform/clock";
import type { Logger } from "../platform/logger";
import type { SandboxId } from "./sandbox";
import type { SandboxStore } from "./sandbox-store";

/** Says that the attendee is there: a page, a keystroke, a terminal, a check. Never rejects, never waits; may be called at any rate. */
export type NoteActivity = (enrollmentId: string) => void;

export interface ActivityDeps {
  readonly store: Pick<SandboxStore, "touch">;
  readonly findSandboxId: (enrollmentId: string) => Promise<SandboxId | undefined>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly leaseMs: number;
}

/** Renewing a lease more often than this would only write. */
const WRITE_MS_MIN = 60_000;
/** Bounds the memory of who was written when; beyond it the oldest is forgotten and costs one early write. */
const ENTRIES_MAX = 10_000;

/** Keeps the sandbox of whoever is active awake and leased: written at most once a minute for each. */
export function createNoteActivity({
  store,
  findSandboxId,
  clock,
  log,
  leaseMs,
}: ActivityDeps): NoteActivity {
  const writtenAtMs = new Map<string, number>();
  const write = async (enrollmentId: string, nowMs: number): Promise<void> => {
    try {
      const id = await findSandboxId(enrollmentId);
      if (id === undefined) writtenAtMs.delete(enrollmentId);
      else await store.touch(id, new Date(nowMs), new Date(nowMs + leaseMs));
    } catch (error) {
      writtenAtMs.delete(enrollmentId);
      log.debug("activity.write-failed", { enrollmentId, error });
    }
  };
  return (enrollmentId) => {
    const nowMs = clock.nowMs();
    if (nowMs - (writtenAtMs.get(enrollmentId) ?? -Infinity) < WRITE_MS_MIN) return;
    writtenAtMs.delete(enrollmentId);
    writtenAtMs.set(enrollmentId, nowMs);
    const oldest = writtenAtMs.keys().next();
    if (writtenAtMs.size > ENTRIES_MAX && oldest.done !== true) writtenAtMs.delete(oldest.value);
    void write(enrollmentId, nowMs);
  };
}
