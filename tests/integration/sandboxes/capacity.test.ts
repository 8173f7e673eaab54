import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { waitUntil } from "../../../server/platform/wait-until";
import { silentLogger } from "../../support/silent-logger";
import {
  deliveryOf,
  LIMITS,
  pageOf,
  SandboxRooms,
  untilReady,
  within,
  type TestServer,
} from "./sandbox-rooms";

describe("what the host carries, as instructors see it", () => {
  let rooms: SandboxRooms;

  beforeAll(async () => {
    rooms = await SandboxRooms.start();
  });
  afterEach(() => rooms.clear());
  afterAll(() => rooms.database.dispose());

  const readAs = (server: TestServer, role: "attendee" | "instructor") =>
    server.router
      .createCaller({
        actor: { accountId: randomUUID(), role },
        address: "test",
        requestId: "test",
        log: silentLogger(),
        setCookie: () => undefined,
      })
      .capacity();

  it("counts each profile's sandboxes, and says what still fits and what cannot be made", async () => {
    const server = rooms.startServer({
      ...{ capacity: 4, poolTarget: 1, readDeliveries: () => [deliveryOf(5)] },
      faults: { profiles: { kubernetes: "preparing", "kubernetes-multinode": "unavailable" } },
    });
    const enrollmentId = await rooms.enrol();
    await pageOf(server, enrollmentId).ask();
    await untilReady(server, enrollmentId);
    const docker = async () => (await readAs(server, "instructor")).profiles[0]!;
    await waitUntil("one is warm beside it", async () => (await docker()).warm === 1, within);
    expect(await docker()).toMatchObject({
      ...{ profile: "docker", state: "ready", reason: null, limits: LIMITS, footprintMiB: 128 },
      ...{ running: 1, warm: 1, warming: 0, queued: 0, asleep: 0, fitsNow: 2, usualStartSeconds: 1 },
    });
    const { profiles, memory, isolation } = await readAs(server, "instructor");
    expect(profiles[1]).toMatchObject({ state: "preparing", fitsNow: 0 });
    expect(profiles[2]).toMatchObject({
      state: "unavailable",
      reason: expect.stringContaining("fake") as string,
    });
    expect(memory).toMatchObject({ totalMiB: 32_768, plannedMiB: 256 });
    expect(isolation).toBe("none");
  });

  it("is not for attendees", async () => {
    await expect(readAs(rooms.startServer(), "attendee")).rejects.toMatchObject({ code: "FORBIDDEN" });
  });
});
