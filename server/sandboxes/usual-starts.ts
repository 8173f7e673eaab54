import { PROFILES, type Profile } from "../protocol";
import { usualStartMs } from "./estimate-wait";
import type { MeasuredStart, RecentStart } from "./sandbox-store";

/** What `what` has usually taken for `profile`, in ms; null when nothing was measured. */
export function usualOf(
  recent: readonly RecentStart[],
  profile: Profile,
  what: MeasuredStart,
): number | null {
  const alike = recent.filter((start) => start.profile === profile && start.what === what);
  return usualStartMs(alike.map(({ durationMs }) => durationMs));
}

/** What a create has usually taken, in ms, for every profile that was measured. */
export function usualCreates(recent: readonly RecentStart[]): ReadonlyMap<Profile, number> {
  return new Map(
    PROFILES.flatMap((profile) => {
      const usualMs = usualOf(recent, profile, "create");
      return usualMs === null ? [] : [[profile, usualMs] as const];
    }),
  );
}
