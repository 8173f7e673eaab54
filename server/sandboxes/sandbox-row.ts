import type { Database } from "../platform/database/database";
import { PROFILES, type Profile } from "../protocol";
import type { SandboxId } from "./sandbox";
import type { DesiredSandbox } from "./sandbox-snapshot";

/** One sandbox's row, as the rest of the room sees it. */
export interface SandboxRow extends DesiredSandbox {
  /** What it was asked for; above `profile` when that could not be made. */
  readonly wantedProfile: Profile;
  readonly hostName: string;
  readonly driver: string;
  /** Made in place of one that the attendee gave up. */
  readonly isReplacement: boolean;
  readonly pendingSinceMs: number | null;
  readonly unreachableSinceMs: number | null;
}

type PrismaSandbox = Awaited<ReturnType<Database["sandbox"]["findFirstOrThrow"]>>;

const MINUTE_MS = 60_000;

/** A row of the table in the room's words. */
export function sandboxRowOf(row: PrismaSandbox): SandboxRow {
  return {
    id: row.id as SandboxId,
    phase: row.phase,
    enrollmentId: row.enrollmentId,
    profile: profileOf(row.profile),
    wantedProfile: profileOf(row.wantedProfile),
    nextProfile: row.nextProfile === null ? null : profileOf(row.nextProfile),
    hostName: row.hostName ?? `sandbox-${row.id.slice(0, 4)}`,
    driver: row.driver,
    isReplacement: row.isReplacement,
    requestedAtMs: row.requestedAt.getTime(),
    provisioningAtMs: msOf(row.provisioningAt),
    leaseExpiresAtMs: msOf(row.leaseExpiresAt),
    retryAtMs: msOf(row.retryAt),
    attemptCount: row.attemptCount,
    boundAtMs: msOf(row.boundAt),
    pendingWork: row.pendingWork,
    pendingSinceMs: msOf(row.pendingSince),
    lastActiveAtMs: row.lastActiveAt.getTime(),
    sleepAfterMs: row.sleepAfterMinutes === 0 ? null : row.sleepAfterMinutes * MINUTE_MS,
    unreachableSinceMs: msOf(row.unreachableSince),
    failureMessage: row.failureMessage,
  };
}

function msOf(date: Date | null): number | null {
  return date === null ? null : date.getTime();
}

function profileOf(text: string): Profile {
  return PROFILES.find((profile) => profile === text) ?? "docker";
}
