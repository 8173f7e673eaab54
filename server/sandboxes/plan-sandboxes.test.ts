import { describe, expect, it } from "vitest";
import { PROFILES, type Profile } from "../protocol";
import { planSandboxes } from "./plan-sandboxes";
import type { Delivery } from "./ports";
import type { SandboxId, SandboxPhase } from "./sandbox";
import type { DesiredSandbox, SandboxSnapshot } from "./sandbox-snapshot";

const id = (text: string) => text as SandboxId;
const NOW = 1_000_000;

function row(name: string, phase: SandboxPhase, over: Partial<DesiredSandbox> = {}): DesiredSandbox {
  return {
    ...{ id: id(name), phase, profile: "docker", enrollmentId: `of ${name}`, requestedAtMs: 0 },
    ...{ provisioningAtMs: 0, leaseExpiresAtMs: null, retryAtMs: null, attemptCount: 0, boundAtMs: 1 },
    ...{
      nextProfile: null,
      pendingWork: null,
      lastActiveAtMs: NOW,
      sleepAfterMs: null,
      failureMessage: null,
    },
    ...over,
  };
}

const LIMITS = { cpuMillis: 1, memoryMiB: 1, diskMiB: 1, pidsMax: 1 };
const HEADROOM = {
  cpuCount: 2,
  memoryMiBTotal: 24_000,
  memoryMiBAvailable: 20_000,
  diskMiBAvailable: 50_000,
};
const NO_POOL = { deliveries: [], target: undefined, usualCreateMs: new Map() };

function snapshot(over: Partial<SandboxSnapshot>): SandboxSnapshot {
  return {
    ...{ nowMs: NOW, desired: [], observed: [], inFlight: new Set() },
    headroom: HEADROOM,
    capacity: 10,
    plans: {
      docker: { limits: LIMITS, footprintMiB: 150 },
      kubernetes: { limits: LIMITS, footprintMiB: 700 },
      "kubernetes-multinode": { limits: LIMITS, footprintMiB: 1_500 },
    },
    profileStates: PROFILES.map((profile) => ({ profile, state: "ready" })),
    startCores: 2,
    canSleep: true,
    pool: NO_POOL,
    ...over,
  };
}

const running = (name: string) => ({ id: id(name), state: "running" as const, createdAtMs: 0 });
const kinds = (plan: ReturnType<typeof planSandboxes>) =>
  plan.actions.map((action) => `${action.kind} ${action.kind === "warm" ? action.profile : action.id}`);

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
    const kept = { desired, observed: [running("held")] };
    const short = planSandboxes(snapshot({ ...kept, headroom: { ...HEADROOM, diskMiBAvailable: 4_000 } }));
    expect(short).toEqual({ actions: [], admissionBlock: "disk" });
    const tight = planSandboxes(snapshot({ ...kept, headroom: { ...HEADROOM, memoryMiBAvailable: 600 } }));
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

  it("admits only as many as can be made at once: the others keep their place and their estimate", () => {
    const desired = ["a", "b", "c"].map((name, index) => row(name, "requested", { requestedAtMs: index }));
    const plan = planSandboxes(snapshot({ desired }));
    expect(kinds(plan)).toEqual(["admit a", "create a", "admit b", "create b"]);
    expect(plan.admissionBlock).toBeNull();
  });

  it("plans each profile with its own footprint, and lets nobody overtake the first who must wait", () => {
    const desired = [
      row("big", "requested", { profile: "kubernetes", requestedAtMs: 1 }),
      row("small", "requested", { requestedAtMs: 2 }),
    ];
    const headroom = { ...HEADROOM, memoryMiBAvailable: 512 + 699 };
    expect(planSandboxes(snapshot({ desired, headroom }))).toEqual({ actions: [], admissionBlock: "memory" });
    const roomier = { ...HEADROOM, memoryMiBAvailable: 512 + 700 };
    const plan = planSandboxes(snapshot({ desired, headroom: roomier }));
    expect(kinds(plan)).toEqual(["admit big", "create big"]);
    expect(plan.admissionBlock).toBe("memory");
  });

  it("changes a profile after the queue has been served, and nothing that something else is done to", () => {
    const asked = { profile: "kubernetes", nextProfile: "kubernetes-multinode" } as const;
    const desired = [
      row("asker", "assigned", asked),
      row("gone", "assigned", asked),
      row("queued", "requested"),
    ];
    const kept = { desired, observed: [running("asker")], startCores: 4 };
    expect(kinds(planSandboxes(snapshot(kept)))).toEqual([
      ...["mark-lost gone", "admit queued", "create queued", "change asker", "reset asker"],
    ]);
    const full = planSandboxes(snapshot({ ...kept, capacity: 2 }));
    expect(kinds(full)).toEqual(["mark-lost gone"]);
    expect(full.admissionBlock).toBe("capacity");
  });

  it("does not count sleepers against places, and lets one wake only when there is a place again", () => {
    const asleep = { id: id("sleeper"), state: "asleep" as const, createdAtMs: 0 };
    const observed = [asleep, running("held")];
    const sleeping = [row("sleeper", "asleep"), row("held", "assigned"), row("asker", "requested")];
    expect(kinds(planSandboxes(snapshot({ desired: sleeping, observed, capacity: 2 })))).toEqual([
      "admit asker",
      "create asker",
    ]);
    const waking = [row("sleeper", "assigned", { pendingWork: "wake" }), row("held", "assigned")];
    expect(kinds(planSandboxes(snapshot({ desired: waking, observed, capacity: 1 })))).toEqual([]);
    expect(kinds(planSandboxes(snapshot({ desired: waking, observed, capacity: 2 })))).toEqual([
      "wake sleeper",
    ]);
  });

  it("makes room for one that was visited and cannot wake, before it serves the queue", () => {
    const waking = row("waking", "assigned", { pendingWork: "wake" });
    const idle = row("idle", "assigned", { sleepAfterMs: 3_600_000, lastActiveAtMs: NOW - 3_000_000 });
    const observed = [{ ...running("waking"), state: "asleep" as const }, running("idle")];
    const plan = planSandboxes(
      snapshot({ desired: [waking, idle, row("asker", "requested")], observed, capacity: 1 }),
    );
    expect(kinds(plan)).toEqual(["sleep idle"]);
    expect(plan.admissionBlock).toBe("capacity");
  });

  it("puts to sleep what nobody has used for its cohort's time, and finishes a sleep that was cut short", () => {
    const idle = { sleepAfterMs: 1_000, lastActiveAtMs: NOW - 1_000 };
    const desired = [
      row("idle", "assigned", idle),
      row("busy", "assigned", { ...idle, lastActiveAtMs: NOW - 999 }),
      row("kept", "assigned", { ...idle, sleepAfterMs: null }),
      row("half", "asleep"),
    ];
    const observed = ["idle", "busy", "kept", "half"].map(running);
    expect(kinds(planSandboxes(snapshot({ desired, observed })))).toEqual(["sleep idle", "sleep half"]);
    expect(kinds(planSandboxes(snapshot({ desired, observed, canSleep: false })))).toEqual(["sleep half"]);
  });

  it("lets the idlest sleep early for somebody who waits, never one that was used in the last ten minutes", () => {
    const minutes = (count: number) => ({ sleepAfterMs: 3_600_000, lastActiveAtMs: NOW - count * 60_000 });
    const desired = [
      row("asker", "requested"),
      row("idle", "assigned", minutes(11)),
      row("idlest", "assigned", minutes(12)),
      row("busy", "assigned", minutes(9)),
      row("never", "assigned", { ...minutes(99), sleepAfterMs: null }),
    ];
    const observed = ["idle", "idlest", "busy", "never"].map(running);
    expect(kinds(planSandboxes(snapshot({ desired, observed, capacity: 4 })))).toEqual(["sleep idlest"]);
    expect(kinds(planSandboxes(snapshot({ desired, observed, capacity: 5 })))).toEqual([
      "admit asker",
      "create asker",
    ]);
    const noDisk = { ...HEADROOM, diskMiBAvailable: 4_000 };
    expect(kinds(planSandboxes(snapshot({ desired, observed, headroom: noDisk })))).toEqual([]);
    const used = desired.map((sandbox) => ({ ...sandbox, lastActiveAtMs: NOW }));
    expect(kinds(planSandboxes(snapshot({ desired: used, observed, capacity: 4 })))).toEqual([]);
  });

  it("plans a cluster with the whole of its template where that is copied", () => {
    const desired = [row("asker", "requested", { profile: "kubernetes" })];
    const headroom = { ...HEADROOM, diskMiBAvailable: 6_000 };
    expect(kinds(planSandboxes(snapshot({ desired, headroom })))).toEqual(["admit asker", "create asker"]);
    const copying = planSandboxes(snapshot({ desired, headroom: { ...headroom, copiesTemplates: true } }));
    expect(kinds(copying)).toEqual([]);
    expect(copying.admissionBlock).toBe("disk");
  });

  it("does what was asked for until it has failed too often, and binds what a killed server left unbound", () => {
    const desired = [
      row("reset", "assigned", { pendingWork: "resetKeepingHome" }),
      row("parked", "assigned", { pendingWork: "reset", attemptCount: 3, failureMessage: "broken" }),
      row("claimed", "assigned", { boundAtMs: null }),
    ];
    const observed = ["reset", "parked", "claimed"].map(running);
    expect(kinds(planSandboxes(snapshot({ desired, observed })))).toEqual(["bind claimed", "reset reset"]);
  });

  it("tells of a sandbox that has broken, and of one that has recovered", () => {
    const desired = [row("broken", "assigned"), row("well", "assigned", { failureMessage: "broken" })];
    const observed = [{ ...running("broken"), state: "broken" as const }, running("well")];
    expect(planSandboxes(snapshot({ desired, observed })).actions).toEqual([
      { kind: "note-health", id: "broken", isBroken: true },
      { kind: "note-health", id: "well", isBroken: false },
    ]);
  });
});

describe("the pool", () => {
  const MINUTE = 60_000;
  const warm = (name: string, over: Partial<DesiredSandbox> = {}): DesiredSandbox =>
    row(name, "ready", { enrollmentId: null, ...over });
  const delivery = (over: Partial<Delivery> = {}): Delivery => ({
    ...{
      profile: "docker",
      startsAtMs: NOW + MINUTE,
      endsAtMs: NOW + 100 * MINUTE,
      seatsLeft: 5,
      isDemo: false,
    },
    ...over,
  });
  const poolOf = (deliveries: Delivery[], target?: number): SandboxSnapshot["pool"] => ({
    ...{ deliveries, target, usualCreateMs: new Map<Profile, number>() },
  });
  const plan = (over: Partial<SandboxSnapshot>) => kinds(planSandboxes(snapshot(over)));

  it("is filled ahead of a start, as fast as sandboxes are made, and by the time that filling takes", () => {
    expect(plan({ pool: poolOf([delivery()]) })).toEqual(["warm docker", "warm docker"]);
    const later = delivery({ startsAtMs: NOW + 20 * MINUTE });
    expect(plan({ pool: poolOf([later]) })).toEqual([]);
    const slow = {
      ...poolOf([{ ...later, seatsLeft: 40 }]),
      usualCreateMs: new Map([["docker" as const, 40_000]]),
    };
    expect(plan({ pool: slow })).toEqual(["warm docker", "warm docker"]);
  });

  it("is replaced as it is claimed and drained, oldest first, when the start is long over", () => {
    const desired = [warm("old"), warm("new", { provisioningAtMs: 5 })];
    const observed = ["old", "new"].map(running);
    expect(plan({ desired, observed, pool: poolOf([delivery({ seatsLeft: 3 })]) })).toEqual(["warm docker"]);
    expect(plan({ desired, observed, pool: poolOf([delivery({ seatsLeft: 1 })]) })).toEqual(["drain old"]);
    const over = delivery({ startsAtMs: NOW - 31 * MINUTE });
    expect(plan({ desired, observed, pool: poolOf([over]) })).toEqual(["drain old", "drain new"]);
  });

  it("replaces what was claimed once its attendee has arrived", () => {
    const claimed = (boundAtMs: number): DesiredSandbox => row("claimed", "assigned", { boundAtMs });
    const observed = [running("claimed")];
    const pool = poolOf([delivery()], 1);
    expect(plan({ desired: [claimed(NOW - 2_999)], observed, pool })).toEqual([]);
    expect(plan({ desired: [claimed(NOW - 3_000)], observed, pool })).toEqual(["warm docker"]);
  });

  it("serves the queue first, in its order, and makes nothing for itself while somebody waits", () => {
    const desired = [
      row("second", "requested", { requestedAtMs: 2 }),
      row("first", "requested", { requestedAtMs: 1 }),
      warm("ready"),
    ];
    const seen = { desired, observed: [running("ready")], pool: poolOf([delivery()]) };
    expect(plan(seen)).toEqual(["hand-over first", "admit second", "create second", "warm docker"]);
    expect(plan({ ...seen, startCores: 0 })).toEqual(["hand-over first"]);
  });

  it("makes room for whoever waits and cannot be served from it", () => {
    const desired = [row("asker", "requested", { profile: "kubernetes" }), warm("small"), warm("other")];
    const observed = ["small", "other"].map(running);
    const pool = poolOf([delivery()]);
    expect(plan({ desired, observed, pool, capacity: 2 })).toEqual(["drain small"]);
  });

  it("leaves memory, disk and places to attendees", () => {
    const pool = poolOf([delivery()]);
    expect(plan({ pool, capacity: 1 })).toEqual(["warm docker"]);
    expect(plan({ pool, headroom: { ...HEADROOM, memoryMiBAvailable: 512 } })).toEqual([]);
    expect(plan({ pool, headroom: { ...HEADROOM, diskMiBAvailable: 4_100 } })).toEqual([]);
  });

  it("holds what can be made now where the wanted profile cannot", () => {
    const profileStates = PROFILES.map((profile) => ({
      profile,
      state: profile === "docker" ? ("ready" as const) : ("preparing" as const),
    }));
    const pool = poolOf([delivery({ profile: "kubernetes", seatsLeft: 1 })]);
    expect(plan({ pool })).toEqual(["warm kubernetes"]);
    expect(plan({ pool, profileStates })).toEqual(["warm docker"]);
  });

  it("follows no demo, whose seats nobody may ever take, unless it is told a number", () => {
    const demo = delivery({ isDemo: true, startsAtMs: NOW - 90 * MINUTE });
    expect(plan({ pool: poolOf([demo]) })).toEqual([]);
    expect(plan({ pool: poolOf([demo], 1) })).toEqual(["warm docker"]);
    expect(plan({ pool: poolOf([delivery()], 0) })).toEqual([]);
  });

  it("gives up a warm sandbox that has stopped or gone, and never hands it over", () => {
    const desired = [warm("stopped"), warm("gone"), row("asker", "requested")];
    const observed = [{ ...running("stopped"), state: "asleep" as const }];
    const actions = plan({ desired, observed });
    expect(actions).toContain("drain stopped");
    expect(actions).toContain("mark-lost gone");
    expect(actions).not.toContain("hand-over asker");
  });

  it("counts a create that fails again and again as one of its own", () => {
    const failing = row("failing", "provisioning", {
      enrollmentId: null,
      attemptCount: 2,
      retryAtMs: NOW + 1,
    });
    expect(plan({ desired: [failing], pool: poolOf([delivery({ seatsLeft: 1 })]) })).toEqual([]);
  });
});
