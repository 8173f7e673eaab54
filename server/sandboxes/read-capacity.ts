import { PROFILES, type CapacityView, type Profile, type ProfileCapacityView } from "../protocol";
import { budgetOf, fitsNow, plannedMiBOf, type CapacityBudget } from "./capacity";
import { stateOfProfile, type ProfilePlans } from "./profiles";
import type { Isolation, ProfileState } from "./sandbox-driver";
import type { ReconcilerState } from "./sandbox-reconciler";
import type { SandboxRow } from "./sandbox-row";
import { isAwake } from "./sandbox-snapshot";
import type { RecentStart, SandboxStore } from "./sandbox-store";
import { usualOf } from "./usual-starts";

export interface ReadCapacityDeps {
  readonly store: SandboxStore;
  readonly readState: () => Promise<ReconcilerState>;
  readonly readProfiles: () => Promise<readonly ProfileState[]>;
  readonly plans: ProfilePlans;
  readonly capacity: number | undefined;
  readonly isolation: Isolation;
  readonly nowMs: () => number;
}

interface CapacityReading {
  readonly rows: readonly SandboxRow[];
  readonly states: readonly ProfileState[];
  readonly recent: readonly RecentStart[];
  readonly plans: ProfilePlans;
  readonly budget: CapacityBudget;
}

/** What the sandbox host carries and what still fits, per profile. */
export const readCapacity = (deps: ReadCapacityDeps) => async (): Promise<CapacityView> => {
  const { store, plans, capacity } = deps;
  const [rows, state, states, recent] = await Promise.all([
    store.readUndestroyed(),
    deps.readState(),
    deps.readProfiles(),
    store.readRecentStarts(),
  ]);
  const { headroom } = state;
  const budget = budgetOf({ desired: rows, headroom, capacity, plans, inFlight: new Set() });
  const reading = { rows, states, recent, plans, budget };
  return {
    profiles: PROFILES.map((profile) => profileCapacity(profile, reading)),
    memory: {
      totalMiB: headroom.memoryMiBTotal,
      availableMiB: headroom.memoryMiBAvailable,
      plannedMiB: plannedMiBOf(rows.filter(isAwake), plans),
    },
    diskAvailableMiB: headroom.diskMiBAvailable,
    cpuCount: headroom.cpuCount,
    isolation: deps.isolation,
    waitsFor: state.admissionBlock,
    readAt: new Date(deps.nowMs()),
  };
};

/** What the host carries, for a board. */
export interface SandboxCounts {
  readonly awake: number;
  readonly asleep: number;
  readonly queued: number;
  /** How many more of one profile. */
  readonly fitsNow: number;
  readonly isolation: Isolation;
}

/** All attendees' sandboxes, and how many more of `profile` fit. */
export const readCounts =
  ({ store, readState, plans, capacity, isolation }: Omit<ReadCapacityDeps, "readProfiles" | "nowMs">) =>
  async (profile: Profile): Promise<SandboxCounts> => {
    const [rows, { headroom }] = await Promise.all([store.readUndestroyed(), readState()]);
    const budget = budgetOf({ desired: rows, headroom, capacity, plans, inFlight: new Set() });
    return {
      awake: rows.filter((row) => row.enrollmentId !== null && isAwake(row)).length,
      asleep: rows.filter(({ phase }) => phase === "asleep").length,
      queued: rows.filter(({ phase }) => phase === "requested").length,
      fitsNow: fitsNow(budget, profile, plans),
      isolation,
    };
  };

function profileCapacity(profile: Profile, reading: CapacityReading): ProfileCapacityView {
  const { rows, states, recent, plans, budget } = reading;
  const state = stateOfProfile(profile, states);
  const alike = rows.filter((row) => row.profile === profile);
  const count = (isCounted: (row: SandboxRow) => boolean): number => alike.filter(isCounted).length;
  const usualMs = usualOf(recent, profile, "create");
  return {
    profile,
    state: state.state,
    reason: state.state === "unavailable" ? state.reason : null,
    limits: plans[profile].limits,
    footprintMiB: plans[profile].footprintMiB,
    fitsNow: state.state === "ready" ? fitsNow(budget, profile, plans) : 0,
    running: count(
      ({ phase, enrollmentId }) =>
        enrollmentId !== null && (phase === "assigned" || phase === "provisioning"),
    ),
    warm: count(({ phase }) => phase === "ready"),
    warming: count(({ phase, enrollmentId }) => enrollmentId === null && phase === "provisioning"),
    queued: count(({ phase }) => phase === "requested"),
    asleep: count(({ phase }) => phase === "asleep"),
    usualStartSeconds: usualMs === null ? null : Math.max(Math.round(usualMs / 1_000), 1),
  };
}
