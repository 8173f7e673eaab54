import { describe, expect, it } from "vitest";
import type { Profile } from "../protocol";
import { budgetOf, capacityOf, fitsNow } from "./capacity";
import { profileNow, profileToBegin, type ProfilePlans } from "./profiles";
import type { ProfileState } from "./sandbox-driver";

const states = (ready: readonly Profile[]): ProfileState[] =>
  (["docker", "kubernetes", "kubernetes-multinode"] as const).map((profile) =>
    ready.includes(profile) ? { profile, state: "ready" } : { profile, state: "preparing" },
  );

describe("what an attendee is given", () => {
  it("is at first what the first lab of their workshop names, whatever the others need", () => {
    expect(profileToBegin([])).toBe("docker");
    expect(profileToBegin([{ profile: "kubernetes" }, { profile: "kubernetes-multinode" }])).toBe(
      "kubernetes",
    );
  });

  it("is what they want when it is ready, else the highest lesser one that is", () => {
    expect(profileNow("kubernetes", states(["docker", "kubernetes"]))).toBe("kubernetes");
    expect(profileNow("kubernetes-multinode", states(["docker", "kubernetes"]))).toBe("kubernetes");
    expect(profileNow("kubernetes", states(["docker"]))).toBe("docker");
    expect(profileNow("docker", states(["kubernetes"]))).toBe("docker");
    expect(profileNow("kubernetes", [])).toBe("kubernetes");
  });
});

describe("what fits on a host", () => {
  const limits = { cpuMillis: 1, memoryMiB: 1, diskMiB: 1, pidsMax: 1 };
  const plans: ProfilePlans = {
    docker: { limits, footprintMiB: 150 },
    kubernetes: { limits, footprintMiB: 700 },
    "kubernetes-multinode": { limits, footprintMiB: 1_500 },
  };
  const host = { cpuCount: 2, memoryMiBTotal: 16_384, memoryMiBAvailable: 12_000, diskMiBAvailable: 60_000 };
  const empty = { headroom: host, plans, desired: [], capacity: undefined, inFlight: new Set<never>() };

  it("goes by footprint, cores and measured memory, whichever is the least", () => {
    const budget = budgetOf(empty);
    expect(fitsNow(budget, "docker", plans)).toBe(32);
    expect(fitsNow(budget, "kubernetes", plans)).toBe(16);
    expect(fitsNow(budget, "kubernetes-multinode", plans)).toBe(7);
    const short = budgetOf({ ...empty, headroom: { ...host, memoryMiBAvailable: 2_000 } });
    expect(fitsNow(short, "kubernetes", plans)).toBe(2);
    expect(fitsNow(budgetOf({ ...empty, capacity: 3 }), "kubernetes", plans)).toBe(3);
  });

  it("is at least one, however small the host", () => {
    const tiny = { ...host, memoryMiBTotal: 1_024, memoryMiBAvailable: 900 };
    expect(capacityOf(tiny, "docker", plans)).toBe(1);
    expect(fitsNow(budgetOf({ ...empty, headroom: tiny }), "docker", plans)).toBe(1);
  });
});
