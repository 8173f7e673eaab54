import type { Profile, SandboxProfileView, SandboxStartKind, SandboxView } from "../protocol";
import { budgetOf, fitsNow } from "./capacity";
import { estimateWaitMs } from "./estimate-wait";
import { higherProfile, stateOfProfile, type ProfilePlans } from "./profiles";
import { queueOf } from "./plan-admission";
import { isUsable } from "./request-sandbox";
import type { ProfileState } from "./sandbox-driver";
import type { ReconcilerState } from "./sandbox-reconciler";
import type { SandboxRow } from "./sandbox-row";
import { isAwake, profileToBecome, WORK_ATTEMPTS_MAX } from "./sandbox-snapshot";
import type { RecentStart, SandboxStore } from "./sandbox-store";
import { usualCreates, usualOf } from "./usual-starts";

export interface ReadSandboxViewDeps {
  readonly store: SandboxStore;
  readonly readState: () => Promise<ReconcilerState>;
  readonly readProfiles: () => Promise<readonly ProfileState[]>;
  readonly plans: ProfilePlans;
  readonly capacity: number | undefined;
  readonly nowMs: () => number;
}

/** Where the enrollment's sandbox is, in the reader's words. Never throws for a missing one: `none`. */
export function createReadSandboxView(deps: ReadSandboxViewDeps) {
  return async (enrollmentId: string, wanted?: Profile): Promise<SandboxView> => {
    const row = await deps.store.readOfEnrollment(enrollmentId);
    if (row === undefined) return { state: "none" };
    const profile = profileView(row, wanted ?? row.wantedProfile, await deps.readProfiles());
    const state = stateOf(row);
    if (state === "queued") return { ...(await readQueued(deps, row)), ...profile };
    if (state === "starting") return { ...(await readStarting(deps, row)), ...profile };
    if (state === "ready") return { ...(await readReady(deps, row, profile)), ...profile };
    return viewOfSettled(row, state, profile);
  };
}

/** The view of a row without its queue or timing; also what the board shows. */
export function stateOf(row: SandboxRow): SandboxView["state"] {
  switch (row.phase) {
    case "requested":
      return "queued";
    case "provisioning":
      return row.failureMessage === null ? "starting" : "failed";
    case "ready":
    case "assigned":
    case "asleep":
      return stateOfKept(row);
    case "failed":
    case "destroying":
    case "destroyed":
      return row.failureMessage === null ? "none" : "failed";
  }
}

function stateOfKept(row: SandboxRow): "unreachable" | "asleep" | "failed" | "ready" | "starting" {
  if (row.unreachableSinceMs !== null) return "unreachable";
  if (row.phase === "asleep") return "asleep";
  if (row.failureMessage !== null) return "failed";
  return isUsable(row) ? "ready" : "starting";
}

function profileView(
  { profile }: SandboxRow,
  wanted: Profile,
  states: readonly ProfileState[],
): SandboxProfileView {
  const wantedProfile = higherProfile(wanted, profile);
  return { profile, wantedProfile, wantedState: stateOfProfile(wantedProfile, states).state };
}

function viewOfSettled(
  row: SandboxRow,
  state: Exclude<SandboxView["state"], "queued" | "starting" | "ready">,
  profile: SandboxProfileView,
): SandboxView {
  const sandboxId = row.id;
  switch (state) {
    case "asleep":
      return { state, sandboxId, ...profile };
    case "unreachable":
      return { state, sandboxId, since: new Date(row.unreachableSinceMs ?? 0), ...profile };
    case "failed":
      return { state, message: row.failureMessage ?? "", ...prospectsOf(row) };
    case "none":
      return { state };
  }
}

function prospectsOf(row: SandboxRow): { readonly isRetrying: boolean; readonly mayReset: boolean } {
  const mayReset = row.phase === "assigned";
  const isWorkTried = row.pendingWork !== null && row.attemptCount < WORK_ATTEMPTS_MAX;
  return { mayReset, isRetrying: row.phase === "provisioning" || (mayReset && isWorkTried) };
}

type WithoutProfile<View> = Omit<View, keyof SandboxProfileView>;

async function readStarting(
  deps: ReadSandboxViewDeps,
  row: SandboxRow,
): Promise<WithoutProfile<Extract<SandboxView, { state: "starting" }>>> {
  const what = kindOf(row);
  const recent = await deps.store.readRecentStarts();
  const usualSeconds = secondsOf(usualTime(recent, row.profile, what));
  const sinceMs = row.pendingSinceMs ?? row.provisioningAtMs ?? deps.nowMs();
  return { state: "starting", what, sinceMs, usualSeconds };
}

async function readReady(
  deps: ReadSandboxViewDeps,
  row: SandboxRow,
  { wantedProfile }: SandboxProfileView,
): Promise<WithoutProfile<Extract<SandboxView, { state: "ready" }>>> {
  const recent = await deps.store.readRecentStarts();
  const usualSeconds = {
    reset: secondsOf(usualOf(recent, row.profile, "reset")),
    replace: secondsOf(usualOf(recent, row.wantedProfile, "create")),
    change: secondsOf(usualChange(recent, wantedProfile)),
  };
  const to = profileToBecome(row);
  const change = to === null ? null : { to, waitsFor: (await deps.readState()).admissionBlock };
  const leaseExpiresAt = new Date(row.leaseExpiresAtMs ?? 0);
  return { state: "ready", sandboxId: row.id, leaseExpiresAt, usualSeconds, change };
}

function kindOf({ pendingWork, isReplacement, profile, nextProfile }: SandboxRow): SandboxStartKind {
  if (pendingWork === "wake") return "wake";
  if (pendingWork === "resetKeepingHome" && nextProfile === profile) return "change";
  if (pendingWork !== null) return "reset";
  return isReplacement ? "replace" : "create";
}

async function readQueued(
  deps: ReadSandboxViewDeps,
  row: SandboxRow,
): Promise<WithoutProfile<Extract<SandboxView, { state: "queued" }>>> {
  const [desired, recent, state] = await Promise.all([
    deps.store.readUndestroyed(),
    deps.store.readRecentStarts(),
    deps.readState(),
  ]);
  const { plans, capacity } = deps;
  const queue = queueOf({ desired, inFlight: new Set() });
  const place = Math.max(queue.findIndex(({ id }) => id === row.id) + 1, 1);
  const budget = budgetOf({ desired, plans, capacity, headroom: state.headroom, inFlight: new Set() });
  const waitMs = estimateWaitMs({
    nowMs: deps.nowMs(),
    queue: queue.slice(0, place).map(({ profile }) => profile),
    underWay: underWayOf(desired),
    freePlaces: fitsNow(budget, row.profile, plans),
    startCores: state.startCores,
    leaseEndsMs: desired.filter(isAwake).flatMap(({ leaseExpiresAtMs }) => leaseExpiresAtMs ?? []),
    usualMs: usualCreates(recent),
  });
  const isTurn = state.admissionBlock === null || state.admissionBlock === "capacity";
  // Nobody can tell when memory or disk will be free again, or when the host will answer.
  const etaSeconds = waitMs === null || !isTurn ? null : toSeconds(waitMs);
  return { state: "queued", place, etaSeconds, waitsFor: state.admissionBlock };
}

function underWayOf(
  desired: readonly SandboxRow[],
): { readonly profile: Profile; readonly sinceMs: number; readonly isWarm: boolean }[] {
  return desired.flatMap(({ phase, profile, provisioningAtMs, enrollmentId }) =>
    phase === "provisioning" && provisioningAtMs !== null
      ? [{ profile, sinceMs: provisioningAtMs, isWarm: enrollmentId === null }]
      : [],
  );
}

function usualTime(recent: readonly RecentStart[], profile: Profile, what: SandboxStartKind): number | null {
  if (what === "change") return usualChange(recent, profile);
  return usualOf(recent, profile, what === "replace" ? "create" : what);
}

/** A change is a reset; before one was measured, about what making one takes. */
function usualChange(recent: readonly RecentStart[], profile: Profile): number | null {
  return usualOf(recent, profile, "reset") ?? usualOf(recent, profile, "create");
}

const secondsOf = (ms: number | null): number | null => (ms === null ? null : toSeconds(ms));
const toSeconds = (ms: number): number => Math.max(Math.round(ms / 1_000), 1);
