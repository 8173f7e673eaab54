import type { Database } from "../platform/database/database";
import { AppError } from "../platform/errors";
import type { Profile } from "../protocol";
import { canMoveTo, LIVE_PHASES, type SandboxId, type SandboxPhase } from "./sandbox";
import { createSandboxClaims, type SandboxClaims } from "./sandbox-claims-store";
import { sandboxRowOf, type SandboxRow } from "./sandbox-row";
import type { SandboxWork } from "./sandbox-snapshot";

/** What may change together with a phase. */
export interface SandboxChange {
  readonly profile?: Profile;
  readonly wantedProfile?: Profile;
  readonly nextProfile?: Profile;
  readonly hostName?: string;
  readonly provisioningAt?: Date;
  readonly readyAt?: Date;
  readonly boundAt?: Date;
  readonly leaseExpiresAt?: Date;
  readonly retryAt?: Date | null;
  readonly attemptCount?: number;
  readonly pendingWork?: SandboxWork | null;
  readonly pendingSince?: Date | null;
  readonly lastActiveAt?: Date;
  readonly failureCode?: string | null;
  readonly failureMessage?: string | null;
  readonly destroyedAt?: Date;
}

export interface SandboxTransition {
  readonly from: readonly SandboxPhase[];
  readonly to: SandboxPhase;
  /** Only while it belongs to an enrollment, or only while it belongs to nobody. */
  readonly isClaimed?: boolean;
  /** Only while nobody has used it since then, and nothing is to be done to it. */
  readonly isUnusedSince?: Date;
}

/** What a start was measured for. */
export type MeasuredStart = "create" | "wake" | "reset";

/** Durable desired state of all sandboxes. */
export interface SandboxStore extends SandboxClaims {
  /** Every row that is not destroyed. */
  readUndestroyed(): Promise<readonly SandboxRow[]>;
  read(id: SandboxId): Promise<SandboxRow | undefined>;
  /** The live sandbox (or place in the queue) of an enrollment, else its newest ended one, else undefined. */
  readOfEnrollment(enrollmentId: string): Promise<SandboxRow | undefined>;
  /** Live and failed ones; an enrollment's live one comes after its failed ones. */
  readOfEnrollments(enrollmentIds: readonly string[]): Promise<readonly SandboxRow[]>;
  /** How many wait in the pool for an attendee. */
  countWarm(): Promise<number>;
  /** Adds one to the pool, to be created. */
  addWarm(warm: {
    readonly profile: Profile;
    readonly driver: string;
    readonly now: Date;
  }): Promise<SandboxId>;
  /** Moves `id` from one of `from` to `to`, if it still is in one of them; answers whether it moved. */
  move(id: SandboxId, transition: SandboxTransition, change?: SandboxChange): Promise<boolean>;
  change(id: SandboxId, change: SandboxChange): Promise<void>;
  /** Clears `work` and what failed at it, unless something else is to be done by now; answers whether it did. */
  finishWork(id: SandboxId, work: SandboxWork): Promise<boolean>;
  /**
   * Makes it one of `profile` from here on, with a reset that keeps its home still to be done; answers whether it did. Not while
   * something else is to be done to it, or once `profile` is not what was asked for any more.
   */
  beginChange(id: SandboxId, profile: Profile, at: Date): Promise<boolean>;
  /** Forgets what it was to become, and what was asked for with that; answers whether it did. Not once that has begun. */
  withdrawChange(row: Pick<SandboxRow, "id" | "profile" | "nextProfile">): Promise<boolean>;
  /** Sets or clears `unreachableSince` on all kept sandboxes; answers how many changed. */
  markReachable(isReachable: boolean, at: Date): Promise<number>;
  /** Says that the attendee is there, and renews the lease. */
  touch(id: SandboxId, at: Date, leaseExpiresAt: Date): Promise<void>;
  recordStart(start: {
    readonly profile: Profile;
    readonly what: MeasuredStart;
    readonly durationMs: number;
    readonly at: Date;
  }): Promise<void>;
  /** Durations in ms of the newest successful starts of each kind. */
  readRecentStarts(): Promise<readonly RecentStart[]>;
}

export interface RecentStart {
  readonly profile: Profile;
  readonly what: MeasuredStart;
  readonly durationMs: number;
}

/** How many starts of each profile and kind an estimate is made from: the fuller the room, the longer each takes. */
const RECENT_STARTS = 8;

export function createSandboxStore(database: Database): SandboxStore {
  return {
    ...readsOf(database.sandbox),
    ...writesOf(database.sandbox),
    ...workOf(database.sandbox),
    ...startsOf(database),
    ...createSandboxClaims(database),
  };
}

type Reads = "countWarm" | "readUndestroyed" | "read" | "readOfEnrollment" | "readOfEnrollments";
type Work = "beginChange" | "withdrawChange" | "finishWork";
type Starts = "recordStart" | "readRecentStarts";

function readsOf(sandboxes: Database["sandbox"]): Pick<SandboxStore, Reads> {
  return {
    async readUndestroyed() {
      const rows = await sandboxes.findMany({ where: { phase: { not: "destroyed" } } });
      return rows.map(sandboxRowOf);
    },
    countWarm: () => sandboxes.count({ where: { phase: "ready", enrollmentId: null } }),
    async read(id) {
      const row = await sandboxes.findUnique({ where: { id } });
      return row === null ? undefined : sandboxRowOf(row);
    },
    async readOfEnrollment(enrollmentId) {
      const row =
        (await sandboxes.findFirst({ where: { enrollmentId, phase: { in: [...LIVE_PHASES] } } })) ??
        (await sandboxes.findFirst({ where: { enrollmentId }, orderBy: { requestedAt: "desc" } }));
      return row === null ? undefined : sandboxRowOf(row);
    },
    async readOfEnrollments(enrollmentIds) {
      const where = {
        enrollmentId: { in: [...enrollmentIds] },
        phase: { in: [...LIVE_PHASES, "failed" as const] },
      };
      const rows = (await sandboxes.findMany({ where })).map(sandboxRowOf);
      return rows.sort((a, b) => Number(b.phase === "failed") - Number(a.phase === "failed"));
    },
  };
}

function writesOf(
  sandboxes: Database["sandbox"],
): Omit<SandboxStore, Reads | Work | Starts | keyof SandboxClaims> {
  return {
    async addWarm({ profile, driver, now }) {
      const data = {
        profile,
        driver,
        wantedProfile: profile,
        phase: "provisioning",
        provisioningAt: now,
      } as const;
      const row = await sandboxes.create({ data, select: { id: true } });
      return row.id as SandboxId;
    },
    async move(id, { from, to, isClaimed, isUnusedSince }, change = {}) {
      const illegal = from.filter((phase) => !canMoveTo(phase, to));
      if (illegal.length > 0)
        throw new AppError(
          "internal.unexpected",
          `a sandbox cannot move from ${illegal.join(", ")} to ${to}`,
        );
      const claimed = isClaimed === undefined ? {} : { enrollmentId: isClaimed ? { not: null } : null };
      const unused =
        isUnusedSince === undefined ? {} : { lastActiveAt: { lte: isUnusedSince }, pendingWork: null };
      const moved = await sandboxes.updateMany({
        where: { id, phase: { in: [...from] }, ...claimed, ...unused },
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

function workOf(sandboxes: Database["sandbox"]): Pick<SandboxStore, Work> {
  return {
    async beginChange(id, profile, at) {
      const begun = await sandboxes.updateMany({
        where: { id, phase: "assigned", pendingWork: null, nextProfile: profile },
        data: {
          ...{ profile, pendingWork: "resetKeepingHome", pendingSince: at },
          ...{ attemptCount: 0, retryAt: null, failureCode: null, failureMessage: null },
        },
      });
      return begun.count === 1;
    },
    async withdrawChange({ id, profile, nextProfile }) {
      if (nextProfile === null || nextProfile === profile) return false;
      const withdrawn = await sandboxes.updateMany({
        where: { id, profile, nextProfile },
        data: { nextProfile: null, wantedProfile: profile },
      });
      return withdrawn.count === 1;
    },
    async finishWork(id, work) {
      // Not what was asked for while this went on.
      await sandboxes.updateMany({
        where: {
          id,
          phase: "assigned",
          pendingWork: work,
          nextProfile: { equals: sandboxes.fields.profile },
        },
        data: { nextProfile: null },
      });
      const nothingLeft = { pendingWork: null, pendingSince: null, retryAt: null };
      const finished = await sandboxes.updateMany({
        where: { id, phase: "assigned", pendingWork: work },
        data: { ...nothingLeft, attemptCount: 0, failureCode: null, failureMessage: null },
      });
      return finished.count === 1;
    },
  };
}

function startsOf(database: Database): Pick<SandboxStore, Starts> {
  return {
    async recordStart(start) {
      await database.sandboxStart.create({ data: { ...start, durationMs: Math.round(start.durationMs) } });
    },
    readRecentStarts: () => database.$queryRaw<RecentStart[]>`
      select "profile", "what"::text as "what", "durationMs" from (
        select *, row_number() over (partition by "profile", "what" order by "at" desc) as "place"
        from "SandboxStart"
      ) as "numbered"
      where "place" <= ${RECENT_STARTS}
      order by "at" desc`,
  };
}
