import type { Clock } from "../platform/clock";
import { toAppError } from "../platform/errors";
import type { Logger } from "../platform/logger";
import type { ProfileState, SandboxLifecycle } from "./sandbox-driver";

export type ReadProfiles = () => Promise<readonly ProfileState[]>;

/** How old an answer may be: profiles become ready by builds that take minutes. */
const FRESH_MS = 5_000;

/** The driver's profiles, asked for at most every few seconds; its last word while it does not answer, none before its first. */
export function createProfileReader(deps: {
  readonly lifecycle: Pick<SandboxLifecycle, "readProfiles">;
  readonly clock: Clock;
  readonly log: Logger;
}): ReadProfiles {
  let last: { readonly states: Promise<readonly ProfileState[]>; readonly atMs: number } | undefined;
  const read = async (known: readonly ProfileState[]): Promise<readonly ProfileState[]> => {
    try {
      return await deps.lifecycle.readProfiles();
    } catch (caught) {
      const error = toAppError(caught);
      deps.log.warn("profiles.read-failed", { code: error.code, error });
      return known;
    }
  };
  return async () => {
    const nowMs = deps.clock.nowMs();
    if (last === undefined || nowMs - last.atMs >= FRESH_MS) {
      const before = last?.states ?? Promise.resolve([]);
      last = { states: before.then(read), atMs: nowMs };
    }
    return last.states;
  };
}
