import type { HostHeadroom, SandboxLimits } from "./sandbox-driver";

/** Kept for the host, the server and Postgres, in MiB. */
const HOST_RESERVE_MIB = 2_048;
/** Part of its memory limit that a sandbox is planned with: measured idle ones use far less than their limit. */
const PLANNED_MEMORY_SHARE = 0.25;
/** Docker-only sandboxes that one core carries: a room types more than it computes. */
const SANDBOXES_PER_CPU = 16;
/** Disk below which nothing new is admitted, in MiB: images that running sandboxes pull must still fit. */
const DISK_RESERVE_MIB = 4_096;

/** What one more sandbox must leave free. */
export function admissionReserve(limits: SandboxLimits): { memoryMiB: number; diskMiB: number } {
  return { memoryMiB: Math.ceil(limits.memoryMiB * PLANNED_MEMORY_SHARE), diskMiB: DISK_RESERVE_MIB };
}

/** Most sandboxes at once that this host is planned for; at least one. */
export function capacityOf(host: HostHeadroom, limits: SandboxLimits): number {
  const byMemory = Math.floor(
    (host.memoryMiBTotal - HOST_RESERVE_MIB) / (limits.memoryMiB * PLANNED_MEMORY_SHARE),
  );
  return Math.max(Math.min(byMemory, host.cpuCount * SANDBOXES_PER_CPU), 1);
}

/** Creates at once: each keeps about one core busy. */
export function createsAtOnce(host: HostHeadroom): number {
  return Math.max(host.cpuCount, 1);
}
