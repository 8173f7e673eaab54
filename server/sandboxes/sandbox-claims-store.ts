import type { Database } from "../platform/database/database";
import { isUniqueViolation } from "../platform/database/database-errors";
import type { Profile } from "../protocol";
import { LIVE_PHASES, type SandboxId } from "./sandbox";
import { sandboxRowOf, type SandboxRow } from "./sandbox-row";

/** Who asks for a sandbox, and for what. */
export interface SandboxRequest {
  readonly enrollmentId: string;
  readonly profile: Profile;
  readonly wantedProfile: Profile;
  readonly driver: string;
  readonly sleepAfterMinutes: number;
  readonly isReplacement: boolean;
  /** Decides the place in the queue. */
  readonly requestedAt: Date;
  /** Failed tries that this is a consequence of. */
  readonly attemptCount: number;
}

export interface SandboxClaim extends SandboxRequest {
  readonly now: Date;
  readonly leaseExpiresAt: Date;
}

/** Who gets which sandbox: the part of the store that many requests race for. */
export interface SandboxClaims {
  /**
   * Gives the enrollment a warm sandbox, ready or on its way, unless somebody waits for that profile already; undefined when there
   * is none, or the enrollment has one. One statement: exactly one claim gets each sandbox, whatever runs at the same time.
   */
  claim(claim: SandboxClaim): Promise<SandboxRow | undefined>;
  /** As `claim`, in place of what the enrollment has (its place in the queue, or a sandbox that it gives up), which ends with it. */
  claimInstead(claim: SandboxClaim, given: SandboxId): Promise<SandboxRow | undefined>;
  /** Adds a request unless the enrollment has a live one; answers whether it added. Safe under any number of callers. */
  addRequest(request: SandboxRequest): Promise<boolean>;
  /** Ends the enrollment's sandbox and adds a request in its place, both or neither; answers whether it did. */
  requestInstead(request: SandboxRequest, given: SandboxId): Promise<boolean>;
}

type Transaction = Parameters<Parameters<Database["$transaction"]>[0]>[0];

export function createSandboxClaims(database: Database): SandboxClaims {
  return {
    claim: (claim) => unlessTaken(undefined, () => claimWarm(database, claim, { mayOvertake: false })),
    claimInstead: (claim, given) =>
      unlessTaken(undefined, () =>
        orRolledBack(database, async (transaction) => {
          const isGiven = await giveUp(transaction, claim.enrollmentId, given);
          return isGiven ? claimWarm(transaction, claim, { mayOvertake: true }) : undefined;
        }),
      ),
    addRequest: (request) =>
      unlessTaken(false, async () => {
        await database.sandbox.create({ data: request });
        return true;
      }),
    requestInstead: (request, given) =>
      unlessTaken(false, async () => {
        const added = await orRolledBack(database, async (transaction) => {
          if (!(await giveUp(transaction, request.enrollmentId, given))) return undefined;
          return transaction.sandbox.create({ data: request });
        });
        return added !== undefined;
      }),
  };
}

/** The database's partial unique index decides who was first. */
async function unlessTaken<Value>(otherwise: Value, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (isUniqueViolation(error)) return otherwise;
    throw error;
  }
}

class NothingFound extends Error {}

async function orRolledBack<Value>(
  database: Database,
  work: (transaction: Transaction) => Promise<Value | undefined>,
): Promise<Value | undefined> {
  try {
    return await database.$transaction(async (transaction) => {
      const value = await work(transaction);
      if (value === undefined) throw new NothingFound();
      return value;
    });
  } catch (error) {
    if (error instanceof NothingFound) return undefined;
    throw error;
  }
}

/** A place in the queue is simply over; what may exist is left to the reaper. */
async function giveUp(transaction: Transaction, enrollmentId: string, id: SandboxId): Promise<boolean> {
  const queued = await transaction.sandbox.updateMany({
    where: { id, enrollmentId, phase: "requested" },
    data: { phase: "destroyed", destroyedAt: new Date() },
  });
  if (queued.count === 1) return true;
  const held = await transaction.sandbox.updateMany({
    where: { id, enrollmentId, phase: { in: LIVE_PHASES.filter((phase) => phase !== "requested") } },
    data: { phase: "destroying", pendingWork: null },
  });
  return held.count === 1;
}

async function claimWarm(
  database: Database | Transaction,
  claim: SandboxClaim,
  { mayOvertake }: { readonly mayOvertake: boolean },
): Promise<SandboxRow | undefined> {
  const { enrollmentId, profile, now } = claim;
  const rows = await database.$queryRaw<Parameters<typeof sandboxRowOf>[0][]>`
    update "Sandbox" set
      "enrollmentId" = ${enrollmentId}::uuid,
      "phase" = case when "phase" = 'ready' then 'assigned'::"SandboxPhase" else "phase" end,
      "wantedProfile" = ${claim.wantedProfile},
      "sleepAfterMinutes" = ${claim.sleepAfterMinutes}::int,
      "isReplacement" = ${claim.isReplacement}::boolean,
      "requestedAt" = ${claim.requestedAt}::timestamptz,
      "lastActiveAt" = ${now}::timestamptz,
      "leaseExpiresAt" = case when "phase" = 'ready' then ${claim.leaseExpiresAt}::timestamptz else null end
    where "id" = (
      select "id" from "Sandbox" as "warm"
      where "enrollmentId" is null and "profile" = ${profile}
        and "unreachableSince" is null
        and ("phase" = 'ready' or ("phase" = 'provisioning' and "attemptCount" = 0))
        and (${mayOvertake}::boolean or not exists (
          select 1 from "Sandbox" as "waiting"
          where "waiting"."phase" = 'requested' and "waiting"."profile" = ${profile}
        ))
      order by case when "phase" = 'ready' then 0 else 1 end, "provisioningAt"
      limit 1
      for update skip locked
    )
    returning *`;
  const [row] = rows;
  return row === undefined ? undefined : sandboxRowOf(row);
}
