import type { SandboxId } from "../../sandbox";

/** A volume that the driver found, with what it knows of its sandbox. */
export interface FoundVolume {
  readonly id: SandboxId;
  readonly createdAtMs: number;
}

/**
 * Where a sandbox's files live: its engine's data root and everything its attendee wrote. One volume a sandbox; it outlives
 * the container's sleep and goes with the sandbox.
 */
export interface DataVolumes {
  /** True when a sandbox that fills its volume is refused more while its neighbours and the host are not. */
  readonly enforcesQuota: boolean;
  /**
   * Makes the volume exist with at most `diskMiB` and answers how to mount it. Idempotent on `id`.
   * @throws AppError `sandbox.disk-exhausted` | `driver.unreachable`
   */
  ensure(id: SandboxId, diskMiB: number): Promise<VolumeMount>;
  /** Idempotent. Only for volumes that nothing uses any more. */
  remove(id: SandboxId): Promise<void>;
  list(): Promise<readonly FoundVolume[]>;
  /** MiB that new sandboxes can still use; undefined when it cannot be told. */
  readAvailableMiB(): Promise<number | undefined>;
}

export interface VolumeMount {
  readonly type: "bind" | "volume";
  /** A folder of the engine's host, or the name of a volume of the engine. */
  readonly source: string;
}
