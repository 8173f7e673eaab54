import { describe, expect, it } from "vitest";
import { PROFILES, type Profile } from "../protocol";
import { budgetOf } from "./capacity";
import { planChanges } from "./plan-changes";
import type { SandboxId } from "./sandbox";
import type { HostHeadroom } from "./sandbox-driver";
import type { DesiredSandbox } from "./sandbox-snapshot";

const LIMITS = { cpuMillis: 1, memoryMiB: 1, diskMiB: 1, pidsMax: 1 };
const PLANS = {
  docker: { limits: LIMITS, footprintMiB: 150 },
  kubernetes: { limits: LIMITS, footprintMiB: 700 },
  "kubernetes-multinode": { limits: LIMITS, footprintMiB: 1_500 },
};
const RESERVE_MIB = 512;
const HOST: HostHeadroom = {
  cpuCount: 8,
  memoryMiBTotal: 24_000,
  memoryMiBAvailable: 20_000,
  diskMiBAvailable: 50_000,
};

function row(name: string, over: Partial<DesiredSandbox> = {}): DesiredSandbox {
  return {
    ...{ id: name as SandboxId, phase: "assigned", profile: "kubernetes", enrollmentId: `of ${name}` },
    ...{ requestedAtMs: 0, provisioningAtMs: 0, leaseExpiresAtMs: null, retryAtMs: null, attemptCount: 0 },
    ...{ boundAtMs: 1, nextProfile: "kubernetes-multinode", pendingWork: null, lastActiveAtMs: 0 },
    ...{ sleepAfterMs: null, failureMessage: null },
    ...over,
  };
}

interface Situation {
  readonly headroom?: Partial<HostHeadroom>;
  readonly cores?: number;
  readonly ready?: readonly Profile[];
  readonly inFlight?: readonly string[];
}

function planOf(desired: readonly DesiredSandbox[], situation: Situation = {}) {
  const inFlight = new Set((situation.inFlight ?? []) as SandboxId[]);
  const headroom = { ...HOST, ...situation.headroom };
  const profileStates = (situation.ready ?? PROFILES).map((profile) => ({
    profile,
    state: "ready" as const,
  }));
  const budget = budgetOf({ desired, headroom, plans: PLANS, capacity: undefined, inFlight });
  const left = { budget, cores: situation.cores ?? 8 };
  const plan = planChanges({ desired, inFlight, plans: PLANS, profileStates, startCores: 8 }, left);
  return { ids: plan.changed.map(({ id }) => id), block: plan.changeBlock, cores: plan.cores };
}

describe("changes of profile", () => {
  it("need room for the difference only", () => {
    const exactly = { memoryMiBAvailable: RESERVE_MIB + 800 };
    expect(planOf([row("a")], { headroom: exactly })).toEqual({ ids: ["a"], block: null, cores: 6 });
    const less = { memoryMiBAvailable: RESERVE_MIB + 799 };
    expect(planOf([row("a")], { headroom: less })).toEqual({ ids: [], block: "memory", cores: 0 });
  });

  it("come in the order of asking for a sandbox, and nobody overtakes the first who must wait", () => {
    const desired = [
      row("small", { requestedAtMs: 3, profile: "docker", nextProfile: "kubernetes" }),
      row("second", { requestedAtMs: 2 }),
      row("first", { requestedAtMs: 1 }),
    ];
    const headroom = { memoryMiBAvailable: RESERVE_MIB + 800 + 600 };
    expect(planOf(desired, { headroom })).toEqual({ ids: ["first"], block: "memory", cores: 0 });
    expect(planOf(desired, { cores: 4 })).toEqual({ ids: ["first", "second"], block: null, cores: 0 });
  });

  it("need cores to be made with", () => {
    expect(planOf([row("a")], { cores: 0 })).toEqual({ ids: [], block: null, cores: 0 });
  });

  it("leave alone what is asleep, not bound, being worked on, or what was asked for already", () => {
    const desired = [
      row("asleep", { phase: "asleep" }),
      row("unbound", { boundAtMs: null }),
      row("resetting", { pendingWork: "reset" }),
      row("at work"),
      row("done", { nextProfile: "kubernetes" }),
      row("content", { nextProfile: null }),
    ];
    expect(planOf(desired, { inFlight: ["at work"] }).ids).toEqual([]);
  });

  it("wait for a profile that cannot be made, without being in anybody's way", () => {
    const desired = [
      row("big", { requestedAtMs: 1 }),
      row("small", { requestedAtMs: 2, profile: "docker", nextProfile: "kubernetes" }),
    ];
    const plan = planOf(desired, { ready: ["docker", "kubernetes"] });
    expect(plan).toMatchObject({ ids: ["small"], block: null });
  });

  it("hold the memory of what they become until the host shows it", () => {
    const changing = row("changing", { profile: "kubernetes-multinode", pendingWork: "resetKeepingHome" });
    const headroom = { memoryMiBAvailable: RESERVE_MIB + 1_500 + 799 };
    expect(planOf([changing, row("next", { requestedAtMs: 1 })], { headroom }).block).toBe("memory");
  });
});
