import type { SandboxId } from "../../sandbox";

/** A volume that the driver found, with what it knows of its sandbox. */
export interface FoundVolume {
  readonly id: SandboxId;
  readonly createdAtMs: number;
}

export interface VolumeRequest {
  /** What one sandbox may add to it. */
  readonly diskMiB: number;
  /** Name of the template that it begins as a copy of; null begins empty. */
  readonly template: string | null;
}

/**
 * Where a sandbox's files live: its engine's data root and everything its attendee wrote. One volume a sandbox; it outlives
 * the container's sleep and goes with the sandbox. Templates live beside them and are never mounted themselves.
 */
export interface DataVolumes {
  /** True when a sandbox that fills its volume is refused more while its neighbours and the host are not. */
  readonly enforcesQuota: boolean;
  /** True where what begins as a template takes its whole size again. */
  readonly copiesTemplates: boolean;
  /**
   * Makes the volume exist and answers how to mount it. Idempotent on `id`: one that exists stays as it is.
   * @throws AppError `sandbox.disk-exhausted` | `driver.unreachable`
   */
  ensure(id: SandboxId, request: VolumeRequest): Promise<VolumeMount>;
  /**
   * Begins the volume anew, keeping the attendee's home when asked. Only while nothing uses it. Killed at any instant, either the
   * old or the new content is there, never less than the home that was to be kept.
   */
  renew(id: SandboxId, request: VolumeRequest & { readonly keepsHome: boolean }): Promise<void>;
  /** Idempotent. Only for volumes that nothing uses any more. */
  remove(id: SandboxId): Promise<void>;
  list(): Promise<readonly FoundVolume[]>;
  /** MiB that new sandboxes can still use; undefined when it cannot be told. */
  readAvailableMiB(): Promise<number | undefined>;

  /** Names of all templates. */
  listTemplates(): Promise<readonly string[]>;
  /** Keeps what a stopped sandbox's volume holds now as a template, whole or not at all. Idempotent on `name`. */
  keepAsTemplate(id: SandboxId, name: string): Promise<void>;
  /** Idempotent. Volumes that began as its copies stay. */
  removeTemplate(name: string): Promise<void>;
}

export interface VolumeMount {
  readonly type: "bind" | "volume";
  /** A folder of the engine's host, or the name of a volume of the engine. */
  readonly source: string;
}
