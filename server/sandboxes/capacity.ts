import type { Profile } from "../protocol";
import { plannedDiskMiBOf, SANDBOXES_PER_CPU, type ProfilePlans } from "./profiles";
import type { HostHeadroom } from "./sandbox-driver";
import { isAwake, type DesiredSandbox, type SandboxSnapshot } from "./sandbox-snapshot";

/** Kept for the host, the server and Postgres, in MiB of all its memory. */
const HOST_RESERVE_MIB = 2_048;
/** Memory that must stay free after one more sandbox, in MiB. */
const MEMORY_RESERVE_MIB = 512;
/** Disk below which nothing new is admitted, in MiB: images that running sandboxes pull must still fit. */
const DISK_RESERVE_MIB = 4_096;

/** Why one more sandbox does not fit, or `host` while that does not answer; null when it does. */
export type AdmissionBlock = "capacity" | "memory" | "disk" | "host" | null;

/** What is left for more sandboxes. Planned figures keep room for what is there already, measured ones for what it really uses. */
export interface CapacityBudget {
  readonly places: number;
  readonly cpus: number;
  readonly plannedMiB: number;
  readonly measuredMiB: number;
  readonly diskMiB: number;
  readonly copiesTemplates: boolean;
}

/** The host as it is, without what `desired` holds of it. Sleepers hold disk only. */
export function budgetOf(
  snapshot: Pick<SandboxSnapshot, "desired" | "headroom" | "capacity" | "plans" | "inFlight">,
): CapacityBudget {
  const { headroom, plans, inFlight } = snapshot;
  const { copiesTemplates = false } = headroom;
  const awake = snapshot.desired.filter((sandbox) => isAwake(sandbox) && !isWaitingToWake(sandbox, inFlight));
  const underWay = awake.filter((sandbox) => sandbox.phase === "provisioning");
  const toCome = awake.filter(({ phase, pendingWork }) => phase === "provisioning" || pendingWork !== null);
  return {
    places: (snapshot.capacity ?? Infinity) - awake.length,
    // A host always carries one, however small it is.
    cpus: headroom.cpuCount - sumOf(awake, ({ profile }) => 1 / SANDBOXES_PER_CPU[profile]),
    plannedMiB:
      Math.max(headroom.memoryMiBTotal - HOST_RESERVE_MIB, plans.docker.footprintMiB) -
      plannedMiBOf(awake, plans),
    // What is being made, woken or reset has not taken its memory yet.
    measuredMiB: headroom.memoryMiBAvailable - MEMORY_RESERVE_MIB - plannedMiBOf(toCome, plans),
    diskMiB:
      headroom.diskMiBAvailable -
      DISK_RESERVE_MIB -
      sumOf(underWay, ({ profile }) => plannedDiskMiBOf(profile, copiesTemplates)),
    copiesTemplates,
  };
}

/** Whether one more of `profile` fits, and if not, why. */
export function blockOf(budget: CapacityBudget, profile: Profile, plans: ProfilePlans): AdmissionBlock {
  const { footprintMiB } = plans[profile];
  if (budget.diskMiB < plannedDiskMiBOf(profile, budget.copiesTemplates)) return "disk";
  if (budget.places < 1 || budget.cpus < 1 / SANDBOXES_PER_CPU[profile]) return "capacity";
  if (budget.plannedMiB < footprintMiB) return "capacity";
  return budget.measuredMiB < footprintMiB ? "memory" : null;
}

/** The budget after one more of `profile`. */
export function spend(budget: CapacityBudget, profile: Profile, plans: ProfilePlans): CapacityBudget {
  const { footprintMiB } = plans[profile];
  return {
    ...budget,
    places: budget.places - 1,
    cpus: budget.cpus - 1 / SANDBOXES_PER_CPU[profile],
    plannedMiB: budget.plannedMiB - footprintMiB,
    measuredMiB: budget.measuredMiB - footprintMiB,
    diskMiB: budget.diskMiB - plannedDiskMiBOf(profile, budget.copiesTemplates),
  };
}

/**
 * The budget while one of `profile` is about to begin anew as another: without what it holds, but for its disk, on which the old is
 * still there while the new is made.
 */
export function giveBack(budget: CapacityBudget, profile: Profile, plans: ProfilePlans): CapacityBudget {
  const { footprintMiB } = plans[profile];
  return {
    ...budget,
    places: budget.places + 1,
    cpus: budget.cpus + 1 / SANDBOXES_PER_CPU[profile],
    plannedMiB: budget.plannedMiB + footprintMiB,
    measuredMiB: budget.measuredMiB + footprintMiB,
  };
}

/** How many more of `profile` alone fit. */
export function fitsNow(budget: CapacityBudget, profile: Profile, plans: ProfilePlans): number {
  const { footprintMiB } = plans[profile];
  const bounds = [
    budget.places,
    budget.cpus * SANDBOXES_PER_CPU[profile],
    budget.plannedMiB / footprintMiB,
    budget.measuredMiB / footprintMiB,
    budget.diskMiB / plannedDiskMiBOf(profile, budget.copiesTemplates),
  ];
  return Math.max(Math.floor(Math.min(...bounds)), 0);
}

/** Most sandboxes of `profile` alone that the host is planned for, when nothing else runs on it; at least one. */
export function capacityOf(host: HostHeadroom, profile: Profile, plans: ProfilePlans): number {
  const byMemory = Math.floor((host.memoryMiBTotal - HOST_RESERVE_MIB) / plans[profile].footprintMiB);
  return Math.max(Math.min(byMemory, host.cpuCount * SANDBOXES_PER_CPU[profile]), 1);
}

/** Cores that starts may share: all. @see startCoresOf */
export function startCoresOfHost(host: HostHeadroom): number {
  return Math.max(host.cpuCount, 1);
}

/** Memory that these are planned with, in MiB. */
export function plannedMiBOf(
  sandboxes: readonly Pick<DesiredSandbox, "profile">[],
  plans: ProfilePlans,
): number {
  return sumOf(sandboxes, ({ profile }) => plans[profile].footprintMiB);
}

function isWaitingToWake({ id, pendingWork }: DesiredSandbox, inFlight: ReadonlySet<string>): boolean {
  return pendingWork === "wake" && !inFlight.has(id);
}

function sumOf<Item>(items: readonly Item[], valueOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + valueOf(item), 0);
}
