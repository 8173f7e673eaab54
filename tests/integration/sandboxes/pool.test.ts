import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { AppError } from "../../../server/platform/errors";
import { MemoryEventBus } from "../../../server/platform/memory-event-bus";
import { waitUntil } from "../../../server/platform/wait-until";
import type { Delivery } from "../../../server/sandboxes/ports";
import type { SandboxId } from "../../../server/sandboxes/sandbox";
import { deliveryOf, LIMITS, pageOf, SandboxRooms, untilReady, within } from "./sandbox-rooms";

describe("the pool on a real database", () => {
  let rooms: SandboxRooms;

  beforeAll(async () => {
    rooms = await SandboxRooms.start();
  });
  afterEach(() => rooms.clear());
  afterAll(() => rooms.database.dispose());

  const warmRows = () =>
    rooms.database.prisma.sandbox.findMany({ where: { enrollmentId: null, phase: "ready" } });
  const untilWarm = (count: number) =>
    waitUntil(`${count} are warm`, async () => (await warmRows()).length === count, within);
  const enrolMany = (count: number) => Promise.all(Array.from({ length: count }, () => rooms.enrol()));

  it("gives each warm sandbox to exactly one of 50 who ask at once, on two servers", async () => {
    // Full with its eight: nobody is served in any other way.
    const options = { capacity: 8, poolTarget: 8, readDeliveries: () => [deliveryOf(50)] };
    const servers = [rooms.startServer(options), rooms.startServer(options)] as const;
    await untilWarm(8);
    const enrollmentIds = await enrolMany(50);
    const views = await Promise.all(
      enrollmentIds.map((enrollmentId, index) =>
        pageOf(servers[index % 2 === 0 ? 0 : 1], enrollmentId).ask(),
      ),
    );
    const ready = views.flatMap((view) => (view.state === "ready" ? [view.sandboxId] : []));
    expect(new Set(ready).size).toBe(8);
    expect(ready).toHaveLength(8);
    const rows = await rooms.liveRows();
    const held = rows.filter((row) => row.phase === "assigned");
    expect(new Set(held.map((row) => row.enrollmentId)).size).toBe(8);
    expect(rows.filter((row) => row.phase === "requested")).toHaveLength(42);
    expect(rooms.host.sandboxes.size).toBe(8);
    const bound = servers.flatMap((server) => server.bindings.map(({ id }) => id));
    expect(bound.sort()).toEqual([...ready].sort());
  });

  it("gives one to an enrollment that asks twenty times at once, and the others stay warm", async () => {
    const options = { capacity: 4, poolTarget: 4, readDeliveries: () => [deliveryOf(50)] };
    const servers = [rooms.startServer(options), rooms.startServer(options)] as const;
    await untilWarm(4);
    const enrollmentId = await rooms.enrol();
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => pageOf(servers[index % 2 === 0 ? 0 : 1], enrollmentId).ask()),
    );
    expect(await warmRows()).toHaveLength(3);
    expect((await rooms.liveRows()).filter((row) => row.enrollmentId === enrollmentId)).toHaveLength(1);
  });

  it("is usable when the request answers, named after its attendee, in well under 100 ms of ours", async () => {
    const server = rooms.startServer({ capacity: 8, poolTarget: 8, readDeliveries: () => [deliveryOf(50)] });
    await untilWarm(8);
    const durations: number[] = [];
    for (const enrollmentId of await enrolMany(5)) {
      const startedAt = performance.now();
      const view = await pageOf(server, enrollmentId).ask();
      durations.push(performance.now() - startedAt);
      expect(view).toMatchObject({ state: "ready", profile: "docker" });
    }
    expect(durations.sort((a, b) => a - b)[2]).toBeLessThan(100);
    const { id, binding } = server.bindings[0]!;
    expect(binding).toEqual({
      hostName: `ada-lovelace-${id.slice(0, 4)}`,
      attendeeName: "Ada Lovelace",
      registry: null,
    });
  });

  it("is filled again as it is claimed, and empties when nobody is expected any more", async () => {
    let deliveries: Delivery[] = [deliveryOf(3)];
    const server = rooms.startServer({ poolTarget: 2, readDeliveries: () => deliveries });
    await untilWarm(2);
    const enrollmentId = await rooms.enrol();
    await pageOf(server, enrollmentId).ask();
    await untilWarm(2);
    expect(rooms.host.sandboxes.size).toBe(3);
    deliveries = [];
    server.reconciler.wake();
    await waitUntil("the pool is empty", () => rooms.host.sandboxes.size === 1, within);
    expect(await server.findSandboxId(enrollmentId)).toBeDefined();
  });

  it("gives a warm one that is still being made to the first who asks", async () => {
    const server = rooms.startServer({
      ...{ capacity: 1, poolTarget: 1, faults: { slowMs: 1_000 } },
      readDeliveries: () => [deliveryOf(1)],
    });
    await waitUntil("one is under way", () => rooms.host.sandboxes.size === 1, within);
    const [warm] = await rooms.liveRows();
    const enrollmentId = await rooms.enrol();
    expect(await pageOf(server, enrollmentId).ask()).toMatchObject({ state: "starting", what: "create" });
    expect(await untilReady(server, enrollmentId)).toBe(warm?.id);
  });

  it("replaces one that cannot be bound, and its attendee keeps their place", async () => {
    const refused = new Set<string>();
    const server = rooms.startServer({
      ...{ capacity: 1, poolTarget: 1, readDeliveries: () => [deliveryOf(2)] },
      bind: async (id) => {
        if (refused.size > 0 && !refused.has(id)) return;
        refused.add(id);
        throw new AppError("agent.unreachable", "this one never binds");
      },
    });
    await untilWarm(1);
    const [first, second] = [await rooms.enrol(), await rooms.enrol()];
    await Promise.all([pageOf(server, first).ask()]);
    await pageOf(server, second).ask();
    const id = await untilReady(server, first);
    expect(refused.has(id)).toBe(false);
    expect(await pageOf(server, second).ask()).toMatchObject({ state: "queued", place: 1 });
    await waitUntil("the refused one is gone", () => rooms.host.sandboxes.size === 1, within);
  });

  it("gives up after a few that cannot be bound, and says so", async () => {
    const server = rooms.startServer({
      bind: () => Promise.reject(new AppError("agent.misbehaved", "no binding here")),
    });
    const enrollmentId = await rooms.enrol();
    await pageOf(server, enrollmentId).ask();
    const seen = async () => pageOf(server, enrollmentId).visit();
    await waitUntil("it has failed", async () => (await seen()).state === "failed", within);
    expect(await seen()).toMatchObject({ isRetrying: false, mayReset: false });
    await waitUntil("nothing is left", () => rooms.host.sandboxes.size === 0, within);
  });

  it("binds what a killed server had claimed but not bound", async () => {
    const enrollmentId = await rooms.enrol();
    const id = randomUUID() as SandboxId;
    await rooms.database.prisma.sandbox.create({
      data: {
        ...{ id, enrollmentId, profile: "docker", driver: "fake", phase: "assigned" },
        leaseExpiresAt: new Date(Date.now() + 60_000),
      },
    });
    const server = rooms.startServer({ faults: { isUnreachable: true } });
    const spec = { id, profile: "docker" as const, hostName: "left", limits: LIMITS };
    server.driver.faults = {};
    await server.driver.create(spec, AbortSignal.timeout(5_000));
    server.reconciler.wake();
    expect(await untilReady(server, enrollmentId)).toBe(id);
    expect(server.bindings.map((bound) => bound.id)).toEqual([id]);
  });

  it("starts people with Docker while their Kubernetes is being made, and offers it when it is there", async () => {
    const server = rooms.startServer({
      faults: { profiles: { kubernetes: "preparing" } },
      attendance: { profile: "kubernetes" },
    });
    const enrollmentId = await rooms.enrol();
    const page = pageOf(server, enrollmentId);
    await page.ask();
    await untilReady(server, enrollmentId);
    const lesser = { state: "ready", profile: "docker", wantedProfile: "kubernetes" };
    expect(await page.visit()).toMatchObject({ ...lesser, wantedState: "preparing" });
    server.driver.faults = {};
    const isOffered = async (): Promise<boolean> => {
      const view = await page.visit();
      return view.state === "ready" && view.wantedState === "ready";
    };
    await waitUntil("the replacement is offered", isOffered, within);
    await page.replace();
    const isKubernetes = async (): Promise<boolean> => {
      const view = await page.visit();
      return view.state === "ready" && view.profile === "kubernetes";
    };
    await waitUntil("it is a Kubernetes sandbox", isKubernetes, within);
  });

  it("serves a burst from the pool and tells the rest how long it takes, and makes none too many", async () => {
    const server = rooms.startServer({
      ...{
        events: new MemoryEventBus(),
        capacity: 12,
        poolTarget: 8,
        readDeliveries: () => [deliveryOf(20)],
      },
      faults: { slowMs: 3_000, headroom: { cpuCount: 2 } },
    });
    await untilWarm(8);
    const enrollmentIds = await enrolMany(12);
    const views = await Promise.all(enrollmentIds.map((enrollmentId) => pageOf(server, enrollmentId).ask()));
    expect(views.filter(({ state }) => state === "ready")).toHaveLength(8);
    const measured = await rooms.database.prisma.sandboxStart.findMany({ orderBy: { durationMs: "asc" } });
    const usualMs = measured[Math.floor(measured.length / 2)]?.durationMs ?? 0;
    const queued = views.flatMap((view) => (view.state === "queued" ? [view] : []));
    expect(queued.length).toBeGreaterThan(1);
    for (const { place, etaSeconds } of queued) {
      // Two at a time: the first two in one round, or in two when two were begun just before they asked.
      const firstMs = Math.ceil(place / 2) * usualMs;
      expect((etaSeconds ?? 0) * 1_000).toBeGreaterThan(firstMs * 0.7);
      expect((etaSeconds ?? 0) * 1_000).toBeLessThan(2 * usualMs * 1.3);
    }
    for (const enrollmentId of enrollmentIds) await untilReady(server, enrollmentId);
    expect(rooms.host.sandboxes.size).toBe(12);
  });
});
