import type { Actor } from "../platform/actor";
import type { AuditTrail } from "../platform/audit";
import type { Clock } from "../platform/clock";
import { AppError } from "../platform/errors";
import type { EventBus } from "../platform/events";
import { satisfies, type Profile } from "../protocol";
import { announce } from "./announce-sandbox";
import { stateOfProfile } from "./profiles";
import { isLive } from "./request-sandbox";
import type { ProfileState } from "./sandbox-driver";
import type { SandboxStore } from "./sandbox-store";

export interface ChangeProfileDeps {
  readonly store: SandboxStore;
  readonly audit: AuditTrail;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly readProfiles: () => Promise<readonly ProfileState[]>;
}

export interface ProfileRequest {
  readonly enrollmentId: string;
  readonly profile: Profile;
}

/**
 * Asks for the enrollment's sandbox to become one of `profile` where it is, with its home as it was; the reconciler does it when there
 * is room, also after a crash. Until then the sandbox stays as it is and can be used. Asking twice is asking once; one that can do as
 * much already stays.
 *
 * @throws AppError `sandbox.not-found` when there is none, `sandbox.profile-unavailable` while it could not be made
 */
export const changeProfile =
  (deps: ChangeProfileDeps) =>
  async (actor: Actor, { enrollmentId, profile }: ProfileRequest): Promise<void> => {
    const { store, audit, clock } = deps;
    const row = await store.readOfEnrollment(enrollmentId);
    if (row === undefined || !isLive(row)) throw new AppError("sandbox.not-found", "nothing to change");
    if (satisfies(row.profile, profile) || row.nextProfile === profile) return;
    if (stateOfProfile(profile, await deps.readProfiles()).state !== "ready")
      throw new AppError("sandbox.profile-unavailable", `no ${profile} now`);
    const now = new Date(clock.nowMs());
    const change = { nextProfile: profile, wantedProfile: profile, lastActiveAt: now };
    const wake = { pendingWork: "wake", pendingSince: now, attemptCount: 0, retryAt: null } as const;
    const isWoken =
      row.phase === "asleep" &&
      (await store.move(row.id, { from: ["asleep"], to: "assigned" }, { ...change, ...wake }));
    if (!isWoken) await store.change(row.id, change);
    await audit.record({
      action: "sandbox.profile-changed",
      actorAccountId: actor.accountId,
      subject: row.id,
      details: { enrollmentId, from: row.profile, to: profile },
    });
    await announce(deps, row);
  };

/**
 * Takes back what `changeProfile` asked for, while that waits for room: the sandbox stays what it is. Nothing happens when nothing waits,
 * or when it has begun.
 */
export const withdrawChange =
  ({ store, audit, ...deps }: Pick<ChangeProfileDeps, "store" | "audit" | "events">) =>
  async (actor: Actor, enrollmentId: string): Promise<void> => {
    const row = await store.readOfEnrollment(enrollmentId);
    if (row === undefined || !(await store.withdrawChange(row))) return;
    await audit.record({
      action: "sandbox.profile-change-withdrawn",
      actorAccountId: actor.accountId,
      subject: row.id,
      details: { enrollmentId, profile: row.profile },
    });
    await announce(deps, row);
  };
