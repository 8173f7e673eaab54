import { describe, expect, it } from "vitest";
import { planSandboxes, type DesiredSandbox, type SandboxSnapshot } from "./plan-sandboxes";
import type { SandboxId, SandboxPhase } from "./sandbox";

const id = (text: string) => text as SandboxId;
const NOW = 1_000_000;

function row(name: string, phase: SandboxPhase, over: Partial<DesiredSandbox> = {}): DesiredSandbox {
  return { id: id(name), phase, requestedAtMs: 0, leaseExpiresAtMs: null, retryAtMs: null, ...over };
}

function snapshot(over: Partial<SandboxSnapshot>): SandboxSnapshot {
  return {
    nowMs: NOW,
    desired: [],
    observed: [],
    inFlight: new Set(),
    headroom: { cpuCount: 2, memoryMiBTotal: 24_000, memoryMiBAvailable: 20_000, diskMiBAvailable: 50_000 },
    capacity: 10,
    reserve: { memoryMiB: 512, diskMiB: 4_096 },
    createsMax: 2,
    ...over,
  };
}

const running = (name: string) => ({ id: id(name), state: "running" as const, createdAtMs: 0 });
const kinds = (plan: ReturnType<typeof planSandboxes>) =>
  plan.actions.map((action) => `${action.kind} ${action.id}`);

describe("planSandboxes", () => {
  it("admits the queue in the order of asking, up to the capacity, and says what is in the way", () => {
    const plan = planSandboxes(
      snapshot({
        capacity: 2,
        desired: [
          row("late", "requested", { requestedAtMs: 9 }),
          row("early", "requested", { requestedAtMs: 1 }),
          row("held", "assigned"),
        ],
        observed: [running("held")],
      }),
    );
    expect(kinds(plan)).toEqual(["admit early", "create early"]);
    expect(plan.admissionBlock).toBe("capacity");
  });

  it("admits nobody while the disk or the memory is short, and keeps what runs", () => {
    const desired = [row("asker", "requested"), row("held", "assigned")];
    const headroom = {
      cpuCount: 2,
      memoryMiBTotal: 24_000,
      memoryMiBAvailable: 20_000,
      diskMiBAvailable: 4_000,
    };
    const short = planSandboxes(snapshot({ desired, observed: [running("held")], headroom }));
    expect(short).toEqual({ actions: [], admissionBlock: "disk" });
    const tight = planSandboxes(
      snapshot({
        desired,
        observed: [running("held")],
        headroom: { ...headroom, diskMiBAvailable: 9_000, memoryMiBAvailable: 600 },
      }),
    );
    expect(tight).toEqual({ actions: [], admissionBlock: "memory" });
  });

  it("goes on with a create that a killed server left half-done, but not before its retry is due", () => {
    expect(kinds(planSandboxes(snapshot({ desired: [row("a", "provisioning")] })))).toEqual(["create a"]);
    expect(
      kinds(planSandboxes(snapshot({ desired: [row("a", "provisioning", { retryAtMs: NOW + 1 })] }))),
    ).toEqual([]);
  });

  it("never has more creates at work than allowed, counting those in flight", () => {
    const desired = ["a", "b", "c", "d"].map((name) => row(name, "provisioning"));
    expect(kinds(planSandboxes(snapshot({ desired, inFlight: new Set([id("a")]) })))).toEqual(["create b"]);
  });

  it("leaves alone whatever an earlier pass is still working on", () => {
    const desired = [row("a", "destroying"), row("b", "failed")];
    expect(kinds(planSandboxes(snapshot({ desired, inFlight: new Set([id("a"), id("b")]) })))).toEqual([]);
  });

  it("destroys what has expired, failed or was being destroyed", () => {
    const desired = [
      row("expired", "assigned", { leaseExpiresAtMs: NOW }),
      row("leased", "assigned", { leaseExpiresAtMs: NOW + 1 }),
      row("failed", "failed"),
      row("resumed", "destroying"),
    ];
    const plan = planSandboxes(snapshot({ desired, observed: [running("expired"), running("leased")] }));
    expect(kinds(plan)).toEqual(["destroy expired", "destroy failed", "destroy resumed"]);
  });

  it("marks a leased sandbox that has vanished, and wakes one that was stopped behind our back", () => {
    const desired = [row("gone", "assigned"), row("stopped", "assigned"), row("sleeper", "asleep")];
    const observed = [
      { id: id("stopped"), state: "asleep" as const, createdAtMs: 0 },
      { id: id("sleeper"), state: "asleep" as const, createdAtMs: 0 },
    ];
    expect(kinds(planSandboxes(snapshot({ desired, observed })))).toEqual(["mark-lost gone", "wake stopped"]);
  });

  it("destroys orphans, at most half of what is observed in one pass", () => {
    const observed = Array.from({ length: 10 }, (_, index) => running(`orphan-${index}`));
    expect(planSandboxes(snapshot({ observed })).actions).toHaveLength(5);
    expect(planSandboxes(snapshot({ observed: observed.slice(0, 2) })).actions).toHaveLength(2);
  });
});
