/**
 * Kinds of sandbox, in order: each can do all that the ones before it can. `docker` has a Docker Engine, `kubernetes` also a
 * running cluster of one node, `kubernetes-multinode` one of a control plane and two workers.
 */
export const PROFILES = ["docker", "kubernetes", "kubernetes-multinode"] as const;

export type Profile = (typeof PROFILES)[number];

/** True when a sandbox of profile `has` can do what `wanted` asks for. */
export function satisfies(has: Profile, wanted: Profile): boolean {
  return PROFILES.indexOf(has) >= PROFILES.indexOf(wanted);
}
