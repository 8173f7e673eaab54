import type { Clock } from "../platform/clock";
import { toAppError } from "../platform/errors";
import type { Logger } from "../platform/logger";
import type { ProfileState, SandboxLifecycle } from "./sandbox-driver";

export type ReadProfiles = () => Promise<readonly ProfileState[]>;

/** How old an answer may be: profiles become ready by builds that take minutes. */
const FRESH_MS = 5_000;
/** Longer than this nobody waits for a newer answer than the last one: a driver that hangs must not hang every page. */
const PATIENCE_MS = 1_000;

/** The driver's profiles, asked for at most every few seconds; its last word while it does not answer, none before its first. */
export function createProfileReader(deps: {
  readonly lifecycle: Pick<SandboxLifecycle, "readProfiles">;
  readonly clock: Clock;
  readonly log: Logger;
}): ReadProfiles {
  const { lifecycle, clock, log } = deps;
  let last: { readonly states: readonly ProfileState[]; readonly atMs: number } | undefined;
  let reading: Promise<readonly ProfileState[]> | undefined;
  const read = async (): Promise<readonly ProfileState[]> => {
    try {
      const states = await lifecycle.readProfiles();
      last = { states, atMs: clock.nowMs() };
      return states;
    } catch (caught) {
      const error = toAppError(caught);
      log.warn("profiles.read-failed", { code: error.code, error });
      return last?.states ?? [];
    } finally {
      reading = undefined;
    }
  };
  return async () => {
    const known = last;
    if (known === undefined) return (reading ??= read());
    if (clock.nowMs() - known.atMs < FRESH_MS) return known.states;
    reading ??= read();
    return Promise.race([reading, clock.sleep(PATIENCE_MS).then(() => known.states)]);
  };
}
