import { PROFILES, satisfies, type Profile } from "../protocol";
import type { ProfileState, SandboxLimits } from "./sandbox-driver";

/** What a profile may use, and what it is planned with. */
export interface ProfilePlan {
  readonly limits: SandboxLimits;
  /** Memory that one is planned with, in MiB: measured, far below its limit. */
  readonly footprintMiB: number;
}

export type ProfilePlans = Readonly<Record<Profile, ProfilePlan>>;

/** Sandboxes of each profile that one core carries: a room types more than it computes. */
export const SANDBOXES_PER_CPU: Readonly<Record<Profile, number>> = {
  docker: 16,
  kubernetes: 8,
  "kubernetes-multinode": 4,
};

/**
 * Cores that a start of each profile keeps busy. Two clusters that start on the cores of one take longer than one after the other, and
 * whoever waits for the first waits twice as long.
 */
const START_CORES: Readonly<Record<Profile, number>> = {
  docker: 1,
  kubernetes: 2,
  "kubernetes-multinode": 2,
};

/** Cores that a start of `profile` takes on a host of `hostCores`: a small one still starts one at a time. */
export function startCoresOf(profile: Profile, hostCores: number): number {
  return Math.max(Math.min(START_CORES[profile], hostCores), 1);
}

/** What one writes in its first hours, in MiB; its limit bounds the rest. */
const WRITTEN_DISK_MIB: Readonly<Record<Profile, number>> = {
  docker: 256,
  kubernetes: 512,
  "kubernetes-multinode": 1_024,
};

/** What is prepared for each, in MiB: docs/adr/0013-cluster-templates.md. */
const TEMPLATE_DISK_MIB: Readonly<Record<Profile, number>> = {
  docker: 0,
  kubernetes: 2_048,
  "kubernetes-multinode": 3_584,
};

/** Disk that one is planned with, in MiB, on a host that copies templates or shares their blocks. */
export function plannedDiskMiBOf(profile: Profile, copiesTemplates: boolean): number {
  return WRITTEN_DISK_MIB[profile] + (copiesTemplates ? TEMPLATE_DISK_MIB[profile] : 0);
}

/** What an attendee of a workshop with these labs, in its order, begins with: the first one's; `docker` for none. */
export function profileToBegin(labs: readonly { readonly profile: Profile }[]): Profile {
  return labs[0]?.profile ?? PROFILES[0];
}

/** The one of the two that can do all that the other can. */
export function higherProfile(one: Profile, other: Profile): Profile {
  return satisfies(one, other) ? one : other;
}

/**
 * What an attendee who wants `wanted` is given now: that, or the highest lesser one that is ready, so that they can begin.
 * `wanted` itself when none is.
 */
export function profileNow(wanted: Profile, states: readonly ProfileState[]): Profile {
  const isReady = (profile: Profile): boolean => stateOfProfile(profile, states).state === "ready";
  const lesser = PROFILES.filter((profile) => satisfies(wanted, profile) && isReady(profile));
  return lesser.at(-1) ?? wanted;
}

/** The driver's word on one profile; what it does not list is unavailable. */
export function stateOfProfile(profile: Profile, states: readonly ProfileState[]): ProfileState {
  const reason = "This sandbox host does not know the profile.";
  return states.find((state) => state.profile === profile) ?? { profile, state: "unavailable", reason };
}
