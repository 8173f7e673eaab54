import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../server/platform/clock";
import { MemoryEventBus } from "../../../server/platform/memory-event-bus";
import { Metrics } from "../../../server/platform/metrics";
import { waitUntil } from "../../../server/platform/wait-until";
import {
  FakeHost,
  FakeSandboxDriver,
  type FakeFaults,
} from "../../../server/sandboxes/drivers/fake/fake-sandbox-driver";
import type { SandboxId } from "../../../server/sandboxes/sandbox";
import { createSandboxes, type Sandboxes } from "../../../server/sandboxes/wire-sandboxes";
import { silentLogger } from "../../support/silent-logger";
import { startTestDatabase, type TestDatabase } from "../../support/test-database";

const LIMITS = { cpuMillis: 1_000, memoryMiB: 512, diskMiB: 1_024, pidsMax: 256 };
const PLAN = { limits: LIMITS, footprintMiB: 128 };
const PLANS = { docker: PLAN, kubernetes: PLAN, "kubernetes-multinode": PLAN };

/** One server's sandboxes room on the database and host that all of a test's servers share. */
interface TestServer extends Sandboxes {
  readonly driver: FakeSandboxDriver;
}

describe("the sandboxes room on a real database", () => {
  let database: TestDatabase;
  let host: FakeHost;
  const servers: TestServer[] = [];

  beforeAll(async () => {
    database = await startTestDatabase();
  });
  afterAll(() => database.dispose());
  beforeEach(async () => {
    host = new FakeHost();
    await database.prisma.sandbox.deleteMany({});
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.reconciler.stop()));
  });

  function startServer(over: { faults?: FakeFaults; capacity?: number; leaseMs?: number } = {}): TestServer {
    const driver = new FakeSandboxDriver({ host, installationId: "test", faults: over.faults ?? {} });
    const sandboxes = createSandboxes({
      database: database.prisma,
      pool: database.pool,
      events: new MemoryEventBus(),
      clock: systemClock,
      log: silentLogger(),
      metrics: new Metrics(),
      driver,
      plans: PLANS,
      capacity: over.capacity ?? 10,
      poolTarget: 0,
      agent: { bind: async () => undefined },
      audit: { record: async () => undefined },
      findAttendance: async () => ({ displayName: "Ada", profile: "docker", sleepAfterMinutes: 0 }),
      readDeliveries: async () => [],
      registryCredentialsOf: () => null,
      startTimeoutMs: 5_000,
      leaseMs: over.leaseMs ?? 60_000,
      findEnrollment: async (actor) => ({ enrollmentId: actor.accountId, role: "attendee" }),
    });
    sandboxes.reconciler.start();
    const server = { ...sandboxes, driver };
    servers.push(server);
    return server;
  }

  async function enrol(): Promise<string> {
    const { prisma } = database;
    const workshop = await prisma.workshop.upsert({
      where: { id: "w" },
      create: { id: "w", title: "W" },
      update: {},
    });
    const dates = { startsAt: new Date(), endsAt: new Date(), homeworkUntil: new Date() };
    const cohort = await prisma.cohort.create({
      data: { workshopId: workshop.id, name: "C", capacity: 50, ...dates },
    });
    const account = await prisma.account.create({ data: { displayName: "A" } });
    const enrollment = await prisma.enrollment.create({
      data: { cohortId: cohort.id, accountId: account.id },
    });
    return enrollment.id;
  }

  /** Asks as the lab page does, over the room's own router. */
  const ask = (server: TestServer, enrollmentId: string) =>
    server.router
      .createCaller({
        actor: { accountId: enrollmentId, role: "attendee" },
        address: "test",
        requestId: "test",
        log: silentLogger(),
        setCookie: () => undefined,
      })
      .request({ cohortId: randomUUID() });

  const within = { timeoutMs: 15_000, clock: systemClock };
  const untilReady = (server: TestServer, enrollmentId: string) =>
    waitUntil(
      "the sandbox is ready",
      async () => (await server.findSandboxId(enrollmentId)) !== undefined,
      within,
    );

  it("makes one sandbox for an enrollment, however often and wherever it asks", async () => {
    const [one, two] = [startServer(), startServer()];
    const enrollmentId = await enrol();
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => ask(index % 2 === 0 ? one : two, enrollmentId)),
    );
    await untilReady(one, enrollmentId);
    expect(await database.prisma.sandbox.count({ where: { enrollmentId } })).toBe(1);
    expect(host.sandboxes.size).toBe(1);
  });

  it("keeps a queue when full, says each place, and admits the next as soon as a lease ends", async () => {
    const server = startServer({ capacity: 1 });
    const [first, second, third] = [await enrol(), await enrol(), await enrol()];
    await ask(server, first);
    await untilReady(server, first);
    expect(await ask(server, second)).toMatchObject({ state: "queued", place: 1 });
    expect(await ask(server, third)).toMatchObject({ state: "queued", place: 2 });
    expect((await server.readCounts()).queued).toBe(2);
    const id = await server.findSandboxId(first);
    await database.prisma.sandbox.update({ where: { id: id ?? "" }, data: { leaseExpiresAt: new Date(0) } });
    server.reconciler.wake();
    await untilReady(server, second);
    expect(await ask(server, third)).toMatchObject({ state: "queued", place: 1 });
    expect(host.sandboxes.size).toBe(1);
  });

  it("goes on where a killed server left off: half-made, half-destroyed and forgotten sandboxes", async () => {
    const [making, ending] = [await enrol(), await enrol()];
    const row = { profile: "docker", driver: "fake" };
    await database.prisma.sandbox.create({
      data: { ...row, enrollmentId: making, phase: "provisioning", provisioningAt: new Date() },
    });
    const ended = await database.prisma.sandbox.create({
      data: { ...row, enrollmentId: ending, phase: "destroying" },
    });
    const orphan = randomUUID() as SandboxId;
    const earlier = new FakeSandboxDriver({ host, installationId: "test" });
    for (const id of [orphan, ended.id as SandboxId]) {
      await earlier.create(
        { id, profile: "docker", hostName: "left", limits: LIMITS },
        AbortSignal.timeout(5_000),
      );
    }
    const server = startServer();
    await untilReady(server, making);
    await waitUntil("only the live one is left", () => host.sandboxes.size === 1, within);
    expect(host.sandboxes.has(orphan)).toBe(false);
    expect((await database.prisma.sandbox.findUniqueOrThrow({ where: { id: ended.id } })).phase).toBe(
      "destroyed",
    );
  });

  it("never touches another installation's sandboxes", async () => {
    const theirs = new FakeSandboxDriver({ host, installationId: "theirs" });
    await theirs.create(
      { id: randomUUID() as SandboxId, profile: "docker", hostName: "theirs", limits: LIMITS },
      AbortSignal.timeout(5_000),
    );
    const server = startServer();
    const enrollmentId = await enrol();
    await ask(server, enrollmentId);
    await untilReady(server, enrollmentId);
    expect(host.sandboxes.size).toBe(2);
  });

  it("shows sandboxes as unreachable while the host does not answer, destroys nothing, and heals", async () => {
    const server = startServer();
    const enrollmentId = await enrol();
    await ask(server, enrollmentId);
    await untilReady(server, enrollmentId);
    server.driver.faults = { isUnreachable: true };
    server.reconciler.wake();
    const state = async () => (await server.readSandboxStates([enrollmentId])).get(enrollmentId);
    await waitUntil("it is shown as unreachable", async () => (await state()) === "unreachable", within);
    server.driver.faults = {};
    server.reconciler.wake();
    await waitUntil("it is ready again", async () => (await state()) === "ready", within);
    expect(host.sandboxes.size).toBe(1);
  });

  it("retries a failed start, tells the attendee meanwhile, and leaves nothing of the failures", async () => {
    const server = startServer({ faults: { failsHalfWay: true } });
    const enrollmentId = await enrol();
    await ask(server, enrollmentId);
    await waitUntil(
      "the failure is told",
      async () => (await ask(server, enrollmentId)).state === "failed",
      within,
    );
    expect(await ask(server, enrollmentId)).toMatchObject({ state: "failed", isRetrying: true });
    server.driver.faults = {};
    await untilReady(server, enrollmentId);
    expect(host.sandboxes.size).toBe(1);
  });

  it("tells when a sandbox has vanished, and gives a new one only when asked", async () => {
    const server = startServer();
    const enrollmentId = await enrol();
    await ask(server, enrollmentId);
    await untilReady(server, enrollmentId);
    host.sandboxes.clear();
    server.reconciler.wake();
    await waitUntil(
      "the loss is noticed",
      async () => (await server.findSandboxId(enrollmentId)) === undefined,
      within,
    );
    expect(host.sandboxes.size).toBe(0);
    await ask(server, enrollmentId);
    await untilReady(server, enrollmentId);
    expect(host.sandboxes.size).toBe(1);
  });

  it("stops in the middle of a start without leaving anything, and the next server makes it", async () => {
    const server = startServer({ faults: { isNeverReady: true } });
    const enrollmentId = await enrol();
    await ask(server, enrollmentId);
    await waitUntil(
      "the start is under way",
      async () => (await ask(server, enrollmentId)).state === "starting",
      within,
    );
    await server.reconciler.stop();
    expect(host.sandboxes.size).toBe(0);
    const next = startServer();
    await untilReady(next, enrollmentId);
  });
});
