import type { Clock } from "../platform/clock";
import { AppError } from "../platform/errors";
import type { EventBus } from "../platform/events";
import type { BindSandbox } from "./bind-sandbox";
import type { FindAttendance } from "./ports";
import type { Profile } from "../protocol";
import { profileNow } from "./profiles";
import { LIVE_PHASES, type SandboxId } from "./sandbox";
import type { SandboxClaim, SandboxRequest } from "./sandbox-claims-store";
import type { ProfileState } from "./sandbox-driver";
import type { SandboxRow } from "./sandbox-row";
import type { SandboxStore } from "./sandbox-store";

export interface RequestSandboxDeps {
  readonly store: SandboxStore;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly driverName: string;
  readonly leaseMs: number;
  readonly findAttendance: FindAttendance;
  readonly readProfiles: () => Promise<readonly ProfileState[]>;
  readonly binding: BindSandbox;
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
}

/** Failed starts after which a sandbox is given up and the attendee is asked to try again. */
export const START_ATTEMPTS_MAX = 5;

const MINUTE_MS = 60_000;

/**
 * Gives the enrollment a sandbox, of `wanted` if that is given, else of what its workshop begins with: a warm one at once, bound to them, else a place in the queue. One that they have stays; one that
 * sleeps is woken, one that does not come up is tried again. Any number of concurrent calls make one: the database's partial unique
 * index decides.
 *
 * @throws AppError `enrollment.not-found`
 */
export function createRequestSandbox(deps: RequestSandboxDeps) {
  return async (enrollmentId: string, wanted?: Profile): Promise<void> => {
    const row = await deps.store.readOfEnrollment(enrollmentId);
    if (row !== undefined && isLive(row)) {
      if (await bringUp(deps, row)) await announce(deps, row.id, enrollmentId);
      return;
    }
    const request = { ...(await newRequest(deps, enrollmentId, wanted)), isReplacement: false };
    const claimed = await deps.store.claim(claimOf(deps, request));
    if (claimed !== undefined) await welcome(deps, claimed);
    else if (await deps.store.addRequest(request)) await deps.events.publish({ kind: "queue.changed" });
  };
}

/** The sandbox that an enrollment can use right now; undefined while it is queued, starting, unreachable or gone. */
export function createFindSandboxId({ store }: Pick<RequestSandboxDeps, "store">) {
  return async (enrollmentId: string): Promise<SandboxId | undefined> => {
    const row = await store.readOfEnrollment(enrollmentId);
    return row !== undefined && isUsable(row) ? row.id : undefined;
  };
}

/** True for one that is its attendee's, awake, and not about to change under their hands. */
export function isUsable({ phase, boundAtMs, pendingWork }: SandboxRow): boolean {
  return phase === "assigned" && boundAtMs !== null && pendingWork === null;
}

/** True for a sandbox, or a place in the queue for one. */
export function isLive({ phase }: Pick<SandboxRow, "phase">): boolean {
  return (LIVE_PHASES as readonly string[]).includes(phase);
}

/** What a new sandbox of the enrollment has to be. @throws AppError `enrollment.not-found` */
export async function newRequest(
  deps: Pick<RequestSandboxDeps, "findAttendance" | "readProfiles" | "clock" | "driverName">,
  enrollmentId: string,
  wanted?: Profile,
): Promise<Omit<SandboxRequest, "isReplacement">> {
  const [attendance, states] = await Promise.all([deps.findAttendance(enrollmentId), deps.readProfiles()]);
  if (attendance === undefined) throw new AppError("enrollment.not-found", "nobody to give a sandbox to");
  const wantedProfile = wanted ?? attendance.profile;
  return {
    enrollmentId,
    profile: profileNow(wantedProfile, states),
    wantedProfile,
    driver: deps.driverName,
    sleepAfterMinutes: attendance.sleepAfterMinutes,
    requestedAt: new Date(deps.clock.nowMs()),
    attemptCount: 0,
  };
}

/** The request that `row` was made from, with its place in the queue. */
export function requestAgain(row: SandboxRow, enrollmentId: string, attemptCount: number): SandboxRequest {
  return {
    ...{ enrollmentId, attemptCount },
    profile: row.profile,
    wantedProfile: row.wantedProfile,
    driver: row.driver,
    sleepAfterMinutes: (row.sleepAfterMs ?? 0) / MINUTE_MS,
    isReplacement: row.isReplacement,
    requestedAt: new Date(row.requestedAtMs),
  };
}

/** `request`, to be served from the pool now. */
export function claimOf(
  { clock, leaseMs }: Pick<RequestSandboxDeps, "clock" | "leaseMs">,
  request: SandboxRequest,
): SandboxClaim {
  const nowMs = clock.nowMs();
  return { ...request, now: new Date(nowMs), leaseExpiresAt: new Date(nowMs + leaseMs) };
}

/** Binds what was just claimed; one that is still being made is bound when it is there. */
export async function welcome(
  { binding, events, signal }: Pick<RequestSandboxDeps, "binding" | "events" | "signal">,
  claimed: SandboxRow,
): Promise<void> {
  if (claimed.phase === "assigned") await binding.bindFresh(claimed, signal);
  // The pool has one less.
  await events.publish({ kind: "queue.changed" });
}

async function bringUp({ store, clock }: RequestSandboxDeps, row: SandboxRow): Promise<boolean> {
  const now = new Date(clock.nowMs());
  const afresh = { attemptCount: 0, retryAt: null, failureCode: null, failureMessage: null };
  if (row.phase === "asleep") {
    const wake = { pendingWork: "wake", pendingSince: now, lastActiveAt: now, ...afresh } as const;
    return store.move(row.id, { from: ["asleep"], to: "assigned" }, wake);
  }
  if (row.pendingWork === null || row.failureMessage === null) return false;
  await store.change(row.id, { ...afresh, pendingSince: now });
  return true;
}

async function announce(
  { events }: RequestSandboxDeps,
  sandboxId: SandboxId,
  enrollmentId: string,
): Promise<void> {
  await events.publish({ kind: "sandbox.changed", sandboxId, enrollmentId });
  await events.publish({ kind: "queue.changed" });
}
