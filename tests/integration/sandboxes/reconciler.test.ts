import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { waitUntil } from "../../../server/platform/wait-until";
import { FakeSandboxDriver } from "../../../server/sandboxes/drivers/fake/fake-sandbox-driver";
import type { SandboxId } from "../../../server/sandboxes/sandbox";
import {
  LIMITS,
  pageOf,
  SandboxRooms,
  untilReady,
  untilState,
  within,
  type TestServer,
} from "./sandbox-rooms";

describe("the sandboxes room on a real database", () => {
  let rooms: SandboxRooms;

  beforeAll(async () => {
    rooms = await SandboxRooms.start();
  });
  afterEach(() => rooms.clear());
  afterAll(() => rooms.database.dispose());

  const ask = (server: TestServer, enrollmentId: string) => pageOf(server, enrollmentId).ask();

  it("makes one sandbox for an enrollment, however often and wherever it asks", async () => {
    const [one, two] = [rooms.startServer(), rooms.startServer()];
    const enrollmentId = await rooms.enrol();
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => ask(index % 2 === 0 ? one : two, enrollmentId)),
    );
    await untilReady(one, enrollmentId);
    expect(await rooms.database.prisma.sandbox.count({ where: { enrollmentId } })).toBe(1);
    expect(rooms.host.sandboxes.size).toBe(1);
  });

  it("keeps a queue when full, says each place, and admits the next as soon as a lease ends", async () => {
    const server = rooms.startServer({ capacity: 1 });
    const [first, second, third] = [await rooms.enrol(), await rooms.enrol(), await rooms.enrol()];
    await ask(server, first);
    await untilReady(server, first);
    expect(await ask(server, second)).toMatchObject({ state: "queued", place: 1 });
    expect(await ask(server, third)).toMatchObject({ state: "queued", place: 2 });
    expect(await server.readCounts("docker")).toMatchObject({ awake: 1, asleep: 0, queued: 2, fitsNow: 0 });
    const id = await server.findSandboxId(first);
    await rooms.database.prisma.sandbox.update({
      where: { id: id ?? "" },
      data: { leaseExpiresAt: new Date(0) },
    });
    server.reconciler.wake();
    await untilReady(server, second);
    expect(await ask(server, third)).toMatchObject({ state: "queued", place: 1 });
    expect(rooms.host.sandboxes.size).toBe(1);
  });

  it("goes on where a killed server left off: half-made, half-destroyed and forgotten sandboxes", async () => {
    const [making, ending] = [await rooms.enrol(), await rooms.enrol()];
    const row = { profile: "docker", driver: "fake" };
    await rooms.database.prisma.sandbox.create({
      data: { ...row, enrollmentId: making, phase: "provisioning", provisioningAt: new Date() },
    });
    const ended = await rooms.database.prisma.sandbox.create({
      data: { ...row, enrollmentId: ending, phase: "destroying" },
    });
    const orphan = randomUUID() as SandboxId;
    const earlier = new FakeSandboxDriver({ host: rooms.host, installationId: "test" });
    for (const id of [orphan, ended.id as SandboxId]) {
      await earlier.create(
        { id, profile: "docker", hostName: "left", limits: LIMITS },
        AbortSignal.timeout(5_000),
      );
    }
    const server = rooms.startServer();
    await untilReady(server, making);
    await waitUntil("only the live one is left", () => rooms.host.sandboxes.size === 1, within);
    expect(rooms.host.sandboxes.has(orphan)).toBe(false);
    expect((await rooms.database.prisma.sandbox.findUniqueOrThrow({ where: { id: ended.id } })).phase).toBe(
      "destroyed",
    );
  });

  it("never touches another installation's sandboxes", async () => {
    const theirs = new FakeSandboxDriver({ host: rooms.host, installationId: "theirs" });
    await theirs.create(
      { id: randomUUID() as SandboxId, profile: "docker", hostName: "theirs", limits: LIMITS },
      AbortSignal.timeout(5_000),
    );
    const server = rooms.startServer();
    const enrollmentId = await rooms.enrol();
    await ask(server, enrollmentId);
    await untilReady(server, enrollmentId);
    expect(rooms.host.sandboxes.size).toBe(2);
  });

  it("shows sandboxes as unreachable while the host does not answer, destroys nothing, and heals", async () => {
    const server = rooms.startServer();
    const enrollmentId = await rooms.enrol();
    await ask(server, enrollmentId);
    await untilReady(server, enrollmentId);
    server.driver.faults = { isUnreachable: true };
    server.reconciler.wake();
    await untilState(server, enrollmentId, "unreachable");
    server.driver.faults = {};
    server.reconciler.wake();
    await untilState(server, enrollmentId, "ready");
    expect(rooms.host.sandboxes.size).toBe(1);
  });

  it("retries a failed start, tells the attendee meanwhile, and leaves nothing of the failures", async () => {
    const server = rooms.startServer({ faults: { failsHalfWay: true } });
    const enrollmentId = await rooms.enrol();
    await ask(server, enrollmentId);
    await waitUntil(
      "the failure is told",
      async () => (await ask(server, enrollmentId)).state === "failed",
      within,
    );
    expect(await ask(server, enrollmentId)).toMatchObject({ state: "failed", isRetrying: true });
    server.driver.faults = {};
    await untilReady(server, enrollmentId);
    expect(rooms.host.sandboxes.size).toBe(1);
  });

  it("tells when a sandbox has vanished, and gives a new one only when asked", async () => {
    const server = rooms.startServer();
    const enrollmentId = await rooms.enrol();
    await ask(server, enrollmentId);
    await untilReady(server, enrollmentId);
    rooms.host.sandboxes.clear();
    server.reconciler.wake();
    await waitUntil(
      "the loss is noticed",
      async () => (await server.findSandboxId(enrollmentId)) === undefined,
      within,
    );
    expect(rooms.host.sandboxes.size).toBe(0);
    await ask(server, enrollmentId);
    await untilReady(server, enrollmentId);
    expect(rooms.host.sandboxes.size).toBe(1);
  });

  it("stops in the middle of a start without leaving anything, and the next server makes it", async () => {
    const server = rooms.startServer({ faults: { isNeverReady: true } });
    const enrollmentId = await rooms.enrol();
    await ask(server, enrollmentId);
    await waitUntil(
      "the start is under way",
      async () => (await ask(server, enrollmentId)).state === "starting",
      within,
    );
    await server.reconciler.stop();
    expect(rooms.host.sandboxes.size).toBe(0);
    const next = rooms.startServer();
    await untilReady(next, enrollmentId);
  });
});
