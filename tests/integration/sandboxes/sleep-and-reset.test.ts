import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { waitUntil } from "../../../server/platform/wait-until";
import { pageOf, SandboxRooms, untilReady, untilState, within, type TestServer } from "./sandbox-rooms";

const SLEEPY = { attendance: { sleepAfterMinutes: 10 } };

describe("sandboxes that their attendees have left, or spoilt", () => {
  let rooms: SandboxRooms;

  beforeAll(async () => {
    rooms = await SandboxRooms.start();
  });
  afterEach(() => rooms.clear());
  afterAll(() => rooms.database.dispose());

  async function settle(server: TestServer): Promise<{ enrollmentId: string; id: string }> {
    const enrollmentId = await rooms.enrol();
    await pageOf(server, enrollmentId).ask();
    return { enrollmentId, id: await untilReady(server, enrollmentId) };
  }

  async function leaveFor(server: TestServer, id: string, minutes: number): Promise<void> {
    const lastActiveAt = new Date(Date.now() - minutes * 60_000);
    await rooms.database.prisma.sandbox.update({ where: { id }, data: { lastActiveAt } });
    server.reconciler.wake();
  }

  const filesOf = (id: string) => rooms.host.sandboxes.get(id as never)!.files;
  const stateOf = (id: string) => rooms.host.sandboxes.get(id as never)?.state;
  const rowOf = (id: string) => rooms.database.prisma.sandbox.findUniqueOrThrow({ where: { id } });

  it("go to sleep after their cohort's time, keep everything, and wake when they are visited", async () => {
    const server = rooms.startServer(SLEEPY);
    const { enrollmentId, id } = await settle(server);
    filesOf(id).set("~/work", Buffer.from("mine"));
    await leaveFor(server, id, 9);
    await leaveFor(server, id, 10);
    await untilState(server, enrollmentId, "asleep");
    await waitUntil("the host has stopped it", () => stateOf(id) === "asleep", within);
    server.driver.faults = { slowMs: 300 };
    expect(await pageOf(server, enrollmentId).visit()).toMatchObject({ state: "starting", what: "wake" });
    expect(await untilReady(server, enrollmentId)).toBe(id);
    expect(filesOf(id).get("~/work")?.toString()).toBe("mine");
    // Told again whose it is: a stopped machine forgets its host name.
    expect(server.bindings.filter((bound) => bound.id === id)).toHaveLength(2);
    await leaveFor(server, id, 10);
    await untilState(server, enrollmentId, "asleep");
    expect(await pageOf(server, enrollmentId).ask()).toMatchObject({ what: "wake", usualSeconds: 1 });
  });

  it("stay awake while there is any sign of their attendee", async () => {
    const server = rooms.startServer(SLEEPY);
    const { enrollmentId, id } = await settle(server);
    await rooms.database.prisma.sandbox.update({ where: { id }, data: { lastActiveAt: new Date(0) } });
    server.noteActivity(enrollmentId);
    const isNoted = async () => (await rowOf(id)).lastActiveAt.getTime() > 0;
    await waitUntil("the activity is noted", isNoted, within);
    server.reconciler.wake();
    expect(await pageOf(server, enrollmentId).visit()).toMatchObject({ state: "ready" });
    expect(stateOf(id)).toBe("running");
  });

  it.each([
    ["that never sleeps otherwise", 0],
    ["that is asleep already", 10],
  ])(
    "past their lease are kept asleep until the homework closes, one %s too",
    async (_, sleepAfterMinutes) => {
      const attendance = { sleepAfterMinutes, homeworkUntilMs: Date.now() + 3_600_000 };
      const server = rooms.startServer({ attendance });
      const { enrollmentId, id } = await settle(server);
      if (sleepAfterMinutes > 0) {
        await leaveFor(server, id, sleepAfterMinutes);
        await untilState(server, enrollmentId, "asleep");
      }
      const past = { leaseExpiresAt: new Date(0), lastActiveAt: new Date(0) };
      await rooms.database.prisma.sandbox.update({ where: { id }, data: past });
      server.reconciler.wake();
      const isKept = async (): Promise<boolean> => {
        const { leaseExpiresAt } = await rowOf(id);
        return leaseExpiresAt?.getTime() === attendance.homeworkUntilMs && stateOf(id) === "asleep";
      };
      await waitUntil("it is kept", isKept, within);
      await pageOf(server, enrollmentId).ask();
      expect(await untilReady(server, enrollmentId)).toBe(id);
    },
  );

  it("free their place while they sleep, and end with the homework, which their attendee is told", async () => {
    const server = rooms.startServer({ ...SLEEPY, capacity: 1 });
    const first = await settle(server);
    await leaveFor(server, first.id, 10);
    await untilState(server, first.enrollmentId, "asleep");
    const second = await settle(server);
    expect(rooms.host.sandboxes.size).toBe(2);
    await rooms.database.prisma.sandbox.update({
      where: { id: first.id },
      data: { leaseExpiresAt: new Date(0) },
    });
    server.reconciler.wake();
    await waitUntil("the sleeper has ended", () => rooms.host.sandboxes.size === 1, within);
    expect(stateOf(second.id)).toBe("running");
    expect(await pageOf(server, first.enrollmentId).visit()).toMatchObject({
      ...{ state: "failed", isRetrying: false, mayReset: false },
      message: expect.stringContaining("until the homework closed") as string,
    });
  });

  it("that do not wake say so, keep everything, and can be tried again or reset", async () => {
    const server = rooms.startServer({ ...SLEEPY, faults: { failsToWake: true } });
    const { enrollmentId, id } = await settle(server);
    await leaveFor(server, id, 10);
    await untilState(server, enrollmentId, "asleep");
    const page = pageOf(server, enrollmentId);
    await page.ask();
    const isGivenUp = async (): Promise<boolean> => {
      const view = await page.visit();
      return view.state === "failed" && !view.isRetrying && view.mayReset;
    };
    await waitUntil("waking is given up", isGivenUp, within);
    expect(stateOf(id)).toBe("asleep");
    server.driver.faults = {};
    await page.ask();
    expect(await untilReady(server, enrollmentId)).toBe(id);
  });

  it.each([true, false])("are fresh again after a reset; home kept: %s", async (keepsHome) => {
    const server = rooms.startServer();
    const { enrollmentId, id } = await settle(server);
    filesOf(id).set("~/work", Buffer.from("mine"));
    server.driver.faults = { slowMs: 300 };
    const page = pageOf(server, enrollmentId);
    expect(await page.reset(keepsHome)).toMatchObject({ state: "starting", what: "reset" });
    expect(await server.findSandboxId(enrollmentId)).toBeUndefined();
    expect(await untilReady(server, enrollmentId)).toBe(id);
    expect(filesOf(id).has("~/work")).toBe(keepsHome);
    expect(server.audited).toMatchObject([{ action: "sandbox.reset", subject: id, details: { keepsHome } }]);
  });

  it("are reset by the next server when one was killed in the middle", async () => {
    const server = rooms.startServer();
    const { enrollmentId, id } = await settle(server);
    server.driver.faults = { isNeverReady: true };
    await pageOf(server, enrollmentId).reset(true);
    await waitUntil("the reset is under way", () => stateOf(id) === "starting", within);
    await server.reconciler.stop();
    expect((await rowOf(id)).pendingWork).toBe("resetKeepingHome");
    expect(await untilReady(rooms.startServer(), enrollmentId)).toBe(id);
    expect(stateOf(id)).toBe("running");
  });

  it("can be reset while they sleep, and again after a reset that failed half-way", async () => {
    const server = rooms.startServer(SLEEPY);
    const { enrollmentId, id } = await settle(server);
    await leaveFor(server, id, 10);
    await untilState(server, enrollmentId, "asleep");
    server.driver.faults = { failsToReset: true };
    const page = pageOf(server, enrollmentId);
    await page.reset(true);
    await untilState(server, enrollmentId, "failed");
    expect(await page.visit()).toMatchObject({ isRetrying: true, mayReset: true });
    server.driver.faults = {};
    await page.reset(false);
    expect(await untilReady(server, enrollmentId)).toBe(id);
  });

  it("are replaced by exactly one other, however often that is asked for", async () => {
    const servers = [rooms.startServer(), rooms.startServer()] as const;
    const { enrollmentId, id } = await settle(servers[0]);
    const views = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        pageOf(servers[index % 2 === 0 ? 0 : 1], enrollmentId).replace(),
      ),
    );
    expect(views.map(({ state }) => state)).not.toContain("none");
    expect(await untilReady(servers[0], enrollmentId)).not.toBe(id);
    await waitUntil("the old one is gone", () => rooms.host.sandboxes.size === 1, within);
    const live = (await rooms.liveRows()).filter((row) => row.enrollmentId === enrollmentId);
    expect(live).toMatchObject([{ isReplacement: true, phase: "assigned" }]);
    const audits = servers.flatMap(({ audited }) => audited.map(({ action }) => action));
    expect(new Set(audits)).toEqual(new Set(["sandbox.replaced"]));
  });

  it("say that they have broken, and recover by a reset", async () => {
    const server = rooms.startServer();
    const { enrollmentId, id } = await settle(server);
    rooms.host.sandboxes.get(id as never)!.state = "broken";
    server.reconciler.wake();
    await untilState(server, enrollmentId, "failed");
    const page = pageOf(server, enrollmentId);
    expect(await page.visit()).toMatchObject({ isRetrying: false, mayReset: true });
    await page.reset(true);
    expect(await untilReady(server, enrollmentId)).toBe(id);
  });
});
