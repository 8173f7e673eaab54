import type { Database } from "../platform/database/database";
import { isUniqueViolation } from "../platform/database/database-errors";
import { AppError } from "../platform/errors";
import { PROFILES, type Profile } from "../protocol";
import type { DesiredSandbox } from "./plan-sandboxes";
import { canMoveTo, LIVE_PHASES, type SandboxId, type SandboxPhase } from "./sandbox";

/** One sandbox's row, as the rest of the room sees it. */
export interface SandboxRow extends DesiredSandbox {
  readonly enrollmentId: string | null;
  readonly profile: Profile;
  readonly hostName: string;
  readonly attemptCount: number;
  readonly provisioningAtMs: number | null;
  readonly unreachableSinceMs: number | null;
  readonly failureMessage: string | null;
}

/** What may change together with a phase. */
export interface SandboxChange {
  readonly provisioningAt?: Date;
  readonly readyAt?: Date;
  readonly leaseExpiresAt?: Date;
  readonly retryAt?: Date | null;
  readonly attemptCount?: number;
  readonly failureCode?: string | null;
  readonly failureMessage?: string | null;
  readonly destroyedAt?: Date;
}

/** Durable desired state of all sandboxes. */
export interface SandboxStore {
  /** Every row that is not destroyed. */
  readUndestroyed(): Promise<readonly SandboxRow[]>;
  read(id: SandboxId): Promise<SandboxRow | undefined>;
  /** The live sandbox (or place in the queue) of an enrollment, else its newest failed one, else undefined. */
  readOfEnrollment(enrollmentId: string): Promise<SandboxRow | undefined>;
  readOfEnrollments(enrollmentIds: readonly string[]): Promise<readonly SandboxRow[]>;
  /** Adds a request unless the enrollment has a live one; answers whether it added. Safe under any number of callers. */
  addRequest(request: { enrollmentId: string; profile: string; driver: string }): Promise<boolean>;
  /** Moves `id` from one of `from` to `to`, if it still is in one of them; answers whether it moved. */
  move(
    id: SandboxId,
    transition: { from: readonly SandboxPhase[]; to: SandboxPhase },
    change?: SandboxChange,
  ): Promise<boolean>;
  change(id: SandboxId, change: SandboxChange): Promise<void>;
  /** Sets or clears `unreachableSince` on all kept sandboxes; answers how many changed. */
  markReachable(isReachable: boolean, at: Date): Promise<number>;
  touch(id: SandboxId, at: Date, leaseExpiresAt: Date): Promise<void>;
  /** Durations in ms of the newest successful starts, newest first. */
  readRecentStarts(): Promise<readonly number[]>;
}

const RECENT_STARTS = 20;

export function createSandboxStore(database: Database): SandboxStore {
  return { ...readsOf(database.sandbox), ...writesOf(database.sandbox) };
}

type Reads = "readUndestroyed" | "read" | "readOfEnrollment" | "readOfEnrollments" | "readRecentStarts";

function readsOf(sandboxes: Database["sandbox"]): Pick<SandboxStore, Reads> {
  return {
    async readUndestroyed() {
      const rows = await sandboxes.findMany({ where: { phase: { not: "destroyed" } } });
      return rows.map(toRow);
    },
    async read(id) {
      const row = await sandboxes.findUnique({ where: { id } });
      return row === null ? undefined : toRow(row);
    },
    async readOfEnrollment(enrollmentId) {
      const row =
        (await sandboxes.findFirst({ where: { enrollmentId, phase: { in: [...LIVE_PHASES] } } })) ??
        (await sandboxes.findFirst({ where: { enrollmentId }, orderBy: { requestedAt: "desc" } }));
      return row === null ? undefined : toRow(row);
    },
    async readOfEnrollments(enrollmentIds) {
      const where = {
        enrollmentId: { in: [...enrollmentIds] },
        phase: { in: [...LIVE_PHASES, "failed" as const] },
      };
      return (await sandboxes.findMany({ where })).map(toRow);
    },
    async readRecentStarts() {
      const rows = await sandboxes.findMany({
        where: { readyAt: { not: null }, provisioningAt: { not: null }, attemptCount: 0 },
        orderBy: { readyAt: "desc" },
        take: RECENT_STARTS,
        select: { readyAt: true, provisioningAt: true },
      });
      return rows.map((row) => (row.readyAt?.getTime() ?? 0) - (row.provisioningAt?.getTime() ?? 0));
    },
  };
}

function writesOf(sandboxes: Database["sandbox"]): Omit<SandboxStore, Reads> {
  return {
    async addRequest(request) {
      try {
        await sandboxes.create({ data: request });
        return true;
      } catch (error) {
        if (isUniqueViolation(error)) return false;
        throw error;
      }
    },
    async move(id, { from, to }, change = {}) {
      const illegal = from.filter((phase) => !canMoveTo(phase, to));
      if (illegal.length > 0)
        throw new AppError(
          "internal.unexpected",
          `a sandbox cannot move from ${illegal.join(", ")} to ${to}`,
        );
      const moved = await sandboxes.updateMany({
        where: { id, phase: { in: [...from] } },
        data: { phase: to, ...change },
      });
      return moved.count === 1;
    },
    async change(id, change) {
      await sandboxes.updateMany({ where: { id }, data: { ...change } });
    },
    async markReachable(isReachable, at) {
      const changed = await sandboxes.updateMany({
        where: {
          phase: { in: ["ready", "assigned", "asleep"] },
          unreachableSince: isReachable ? { not: null } : null,
        },
        data: { unreachableSince: isReachable ? null : at },
      });
      return changed.count;
    },
    async touch(id, at, leaseExpiresAt) {
      await sandboxes.updateMany({
        where: { id, phase: { in: ["assigned", "asleep"] } },
        data: { lastActiveAt: at, leaseExpiresAt },
      });
    },
  };
}

type PrismaSandbox = Awaited<ReturnType<Database["sandbox"]["findFirstOrThrow"]>>;

function toRow(row: PrismaSandbox): SandboxRow {
  return {
    id: row.id as SandboxId,
    phase: row.phase,
    enrollmentId: row.enrollmentId,
    profile: PROFILES.find((profile) => profile === row.profile) ?? "docker",
    hostName: `sandbox-${row.id.slice(0, 4)}`,
    requestedAtMs: row.requestedAt.getTime(),
    provisioningAtMs: row.provisioningAt?.getTime() ?? null,
    leaseExpiresAtMs: row.leaseExpiresAt?.getTime() ?? null,
    retryAtMs: row.retryAt?.getTime() ?? null,
    attemptCount: row.attemptCount,
    unreachableSinceMs: row.unreachableSince?.getTime() ?? null,
    failureMessage: row.failureMessage,
  };
}
