import type { Duplex } from "node:stream";
import type { Profile } from "../protocol";
import type { SandboxId } from "./sandbox";

/** What a driver reports about one sandbox it owns. `absent` is an answer, not an error. */
export type SandboxObservation =
  | { readonly id: SandboxId; readonly state: "absent" }
  | {
      readonly id: SandboxId;
      /** `broken`: exists but can never become usable again without a reset. */
      readonly state: "starting" | "running" | "asleep" | "broken";
      readonly createdAtMs: number;
    };

/** Hard limits of one sandbox: exceeding one hurts this sandbox only. */
export interface SandboxLimits {
  readonly cpuMillis: number;
  readonly memoryMiB: number;
  readonly diskMiB: number;
  readonly pidsMax: number;
}

export interface SandboxSpec {
  readonly id: SandboxId;
  readonly profile: Profile;
  /** Host name inside, shown in the prompt: lower-case letters, digits and hyphens, at most 40 characters. */
  readonly hostName: string;
  readonly limits: SandboxLimits;
}

/**
 * How far an attendee's root is from the host: `none` (a process on it), `trusted` (runc with a capability list),
 * `hardened` (user namespaces), `vm`. See docs/adr/0007-sandbox-isolation.md.
 */
export type Isolation = "none" | "trusted" | "hardened" | "vm";

export interface DriverCapabilities {
  readonly isolation: Isolation;
  /** Which limits are enforced rather than advisory on this host. */
  readonly enforces: {
    readonly memory: boolean;
    readonly cpu: boolean;
    readonly pids: boolean;
    readonly disk: boolean;
  };
  /** True when `sleep` frees memory and `wake` brings the same files back. */
  readonly canSleep: boolean;
}

/** What the driver's host has left; `undefined` members cannot be told. */
export interface HostHeadroom {
  readonly cpuCount: number;
  readonly memoryMiBTotal: number;
  readonly memoryMiBAvailable: number;
  readonly diskMiBAvailable: number;
  /** True where a sandbox with a cluster begins as a full copy of what was prepared, false where it shares the blocks. */
  readonly copiesTemplates?: boolean;
}

/** Whether sandboxes of one profile can be made now. */
export type ProfileState =
  | { readonly profile: Profile; readonly state: "ready" }
  /** Not yet: what it needs is being built while the platform runs. */
  | { readonly profile: Profile; readonly state: "preparing" }
  /** `reason` is a sentence for the operator. */
  | { readonly profile: Profile; readonly state: "unavailable"; readonly reason: string };

/** Starting, finding and ending sandboxes. */
export interface SandboxLifecycle {
  /** One entry a profile, in the order of `PROFILES`. @throws AppError `driver.unreachable` */
  readProfiles(): Promise<readonly ProfileState[]>;
  /**
   * Makes the sandbox exist and returns once its agent, its inner engine and the cluster of its profile answer, whichever of
   * them it has: nodes are Ready.
   *
   * Idempotent on `spec.id`: a second call for a live sandbox resolves without creating another, two at once
   * make one. On failure or abort nothing is left behind.
   *
   * @throws AppError `sandbox.capacity-exhausted` | `sandbox.start-timed-out` | `sandbox.start-failed` |
   * `sandbox.profile-unavailable` | `driver.unreachable`
   */
  create(spec: SandboxSpec, signal: AbortSignal): Promise<void>;
  /**
   * Stops everything in the sandbox and frees its memory; files, images and containers stay. Idempotent.
   * @throws AppError `sandbox.not-found` | `driver.unsupported` | `driver.unreachable`
   */
  sleep(id: SandboxId): Promise<void>;
  /**
   * Starts a sleeping sandbox and returns once it is usable, as `create` does, or once it is usable but for a cluster that does not come
   * back: its attendee broke that, and may mend it. Idempotent.
   * @throws AppError `sandbox.not-found` | `sandbox.start-timed-out` | `driver.unsupported` | `driver.unreachable`
   */
  wake(id: SandboxId, signal: AbortSignal): Promise<void>;
  /**
   * Brings the sandbox back to its start state (fresh engine, images and cluster) whatever state it is in, and returns once it is
   * usable, as `create` does. With `keepsHome` the attendee's home folder stays as it is. Idempotent; what a killed server left
   * half-done is done again. Never loses the home it was asked to keep.
   * @throws AppError as `create`, and `sandbox.not-found`
   */
  reset(spec: SandboxSpec, options: { readonly keepsHome: boolean }, signal: AbortSignal): Promise<void>;
  /** Never throws for an unknown id; answers `absent`. @throws AppError `driver.unreachable` */
  observe(id: SandboxId): Promise<SandboxObservation>;
  /** Every sandbox carrying this installation's labels, including ones the database has forgotten. @throws AppError `driver.unreachable` */
  list(): Promise<readonly SandboxObservation[]>;
  /** Idempotent: resolves for an absent sandbox. Returns only when nothing is left. @throws AppError `driver.unreachable` */
  destroy(id: SandboxId): Promise<void>;
  /** What the host has left now. @throws AppError `driver.unreachable` */
  readHeadroom(): Promise<HostHeadroom>;
}

/** Reaching the agent inside a running sandbox. All that the rest of the system does in a sandbox goes through here. */
export interface SandboxAccess {
  /**
   * A fresh byte stream to the agent; the caller destroys it.
   *
   * @throws AppError `sandbox.not-found` when the sandbox is absent, `sandbox.unreachable` when it exists but does
   * not answer, `driver.unreachable` when the host does not.
   */
  dial(id: SandboxId, signal: AbortSignal): Promise<Duplex>;
}

export interface SandboxDriver extends SandboxLifecycle, SandboxAccess {
  readonly name: "docker" | "process" | "fake";
  readonly capabilities: DriverCapabilities;
}
