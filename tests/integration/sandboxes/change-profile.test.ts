import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { waitUntil } from "../../../server/platform/wait-until";
import type { Profile } from "../../../server/protocol";
import {
  limitsOf,
  pageOf,
  SandboxRooms,
  untilReady,
  untilState,
  within,
  type TestServer,
} from "./sandbox-rooms";

const THREE_NODES = "kubernetes-multinode";
const KUBERNETES = { attendance: { profile: "kubernetes" } } as const;
/** One MiB too little for the difference, beside what the host keeps for itself. */
const SHORT = { headroom: { memoryMiBAvailable: 512 + 127 } };

describe("a sandbox that is to become what a lab needs", () => {
  let rooms: SandboxRooms;

  beforeAll(async () => {
    rooms = await SandboxRooms.start();
  });
  afterEach(() => rooms.clear());
  afterAll(() => rooms.database.dispose());

  async function settle(server: TestServer): Promise<{ enrollmentId: string; id: string }> {
    const enrollmentId = await rooms.enrol();
    await pageOf(server, enrollmentId).ask();
    const id = await untilReady(server, enrollmentId);
    sandboxOf(id).files.set("~/work", Buffer.from("mine"));
    return { enrollmentId, id };
  }

  const sandboxOf = (id: string) => rooms.host.sandboxes.get(id as never)!;
  const rowOf = (id: string) => rooms.database.prisma.sandbox.findUniqueOrThrow({ where: { id } });

  async function untilProfile(server: TestServer, enrollmentId: string, profile: Profile): Promise<void> {
    const isThere = async (): Promise<boolean> => {
      const view = await pageOf(server, enrollmentId).visit();
      return view.state === "ready" && view.profile === profile;
    };
    await waitUntil(`the sandbox is ${profile}`, isThere, within);
  }

  it("begins as what the lab at hand needs when there is none yet, else as the first lab's", async () => {
    const server = rooms.startServer(KUBERNETES);
    const [plain, ahead, later] = [await rooms.enrol(), await rooms.enrol(), await rooms.enrol()] as const;
    await pageOf(server, plain).ask();
    await pageOf(server, ahead).askFor(THREE_NODES);
    await pageOf(server, later).visit(THREE_NODES);
    const profileOf = async (enrollmentId: string) =>
      (await rowOf(await untilReady(server, enrollmentId))).profile;
    expect(await profileOf(plain)).toBe("kubernetes");
    expect(await profileOf(ahead)).toBe(THREE_NODES);
    expect(await profileOf(later)).toBe(THREE_NODES);
  });

  it("is told to whoever reads that lab, and to nobody whose lab needs less", async () => {
    const server = rooms.startServer(KUBERNETES);
    const page = pageOf(server, (await settle(server)).enrollmentId);
    const has = { state: "ready", profile: "kubernetes", change: null };
    expect(await page.visit(THREE_NODES)).toMatchObject({ ...has, wantedProfile: THREE_NODES });
    expect(await page.visit("docker")).toMatchObject({ ...has, wantedProfile: "kubernetes" });
    expect(await page.visit()).toMatchObject({ ...has, wantedProfile: "kubernetes" });
    await expect(page.visit("none" as Profile)).rejects.toThrow();
  });

  it("becomes it in place, with its home and the new limits, once however often that is asked for", async () => {
    const server = rooms.startServer(KUBERNETES);
    const { enrollmentId, id } = await settle(server);
    server.driver.faults = { slowMs: 300 };
    const page = pageOf(server, enrollmentId);
    await page.changeTo(THREE_NODES);
    await page.changeTo(THREE_NODES);
    await untilState(server, enrollmentId, "starting");
    expect(await page.visit(THREE_NODES)).toMatchObject({ what: "change", profile: THREE_NODES });
    await untilProfile(server, enrollmentId, THREE_NODES);
    expect(await untilReady(server, enrollmentId)).toBe(id);
    expect(sandboxOf(id).files.get("~/work")?.toString()).toBe("mine");
    expect(sandboxOf(id).spec.profile).toBe(THREE_NODES);
    expect(sandboxOf(id).spec.limits).toEqual(limitsOf(THREE_NODES));
    expect(await rowOf(id)).toMatchObject({
      nextProfile: null,
      pendingWork: null,
      wantedProfile: THREE_NODES,
    });
    // Told again whose it is: it is another machine.
    expect(server.bindings.filter((bound) => bound.id === id)).toHaveLength(2);
    const details = { enrollmentId, from: "kubernetes", to: THREE_NODES };
    expect(server.audited).toMatchObject([{ action: "sandbox.profile-changed", subject: id, details }]);
    expect(await page.changeTo("docker")).toMatchObject({ state: "ready", profile: THREE_NODES });
  });

  it("stays as it is, and usable, until there is room, and says what it waits for", async () => {
    const server = rooms.startServer(KUBERNETES);
    const { enrollmentId, id } = await settle(server);
    server.driver.faults = SHORT;
    const page = pageOf(server, enrollmentId);
    await page.changeTo(THREE_NODES);
    const saysWhy = async (): Promise<boolean> => {
      const view = await page.visit(THREE_NODES);
      return view.state === "ready" && view.change?.waitsFor === "memory" && view.change.to === THREE_NODES;
    };
    await waitUntil("it says what it waits for", saysWhy, within);
    expect(await server.findSandboxId(enrollmentId)).toBe(id);
    expect(sandboxOf(id)).toMatchObject({ state: "running", spec: { profile: "kubernetes" } });
    server.driver.faults = {};
    server.reconciler.wake();
    await untilProfile(server, enrollmentId, THREE_NODES);
    expect(sandboxOf(id).files.get("~/work")?.toString()).toBe("mine");
  });

  it("stays what it is when that is taken back before there was room, and when it is replaced later", async () => {
    const server = rooms.startServer(KUBERNETES);
    const { enrollmentId, id } = await settle(server);
    server.driver.faults = SHORT;
    const page = pageOf(server, enrollmentId);
    await page.changeTo(THREE_NODES);
    expect(await page.withdrawChange()).toMatchObject({ state: "ready", sandboxId: id, change: null });
    expect(await page.withdrawChange()).toMatchObject({ state: "ready", sandboxId: id, change: null });
    expect(server.audited.map(({ action }) => action)).toEqual([
      "sandbox.profile-changed",
      "sandbox.profile-change-withdrawn",
    ]);
    server.driver.faults = {};
    await page.replace();
    const another = async (): Promise<boolean> => (await server.findSandboxId(enrollmentId)) !== id;
    await waitUntil("the old one is given up", another, within);
    await untilProfile(server, enrollmentId, "kubernetes");
  });

  it("goes on when that is taken back after it has begun", async () => {
    const server = rooms.startServer(KUBERNETES);
    const { enrollmentId } = await settle(server);
    server.driver.faults = { slowMs: 300 };
    const page = pageOf(server, enrollmentId);
    await page.changeTo(THREE_NODES);
    await untilState(server, enrollmentId, "starting");
    expect(await page.withdrawChange()).toMatchObject({ state: "starting", what: "change" });
    await untilProfile(server, enrollmentId, THREE_NODES);
  });

  it.each([
    ["before there was room", SHORT],
    ["in the middle of it", { isNeverReady: true }],
  ])("becomes it by the next server when one was killed %s", async (_when, faults) => {
    const server = rooms.startServer(KUBERNETES);
    const { enrollmentId, id } = await settle(server);
    server.driver.faults = faults;
    await pageOf(server, enrollmentId).changeTo(THREE_NODES);
    const isUnderWay = async (): Promise<boolean> =>
      faults === SHORT
        ? (await server.reconciler.readState()).admissionBlock === "memory"
        : sandboxOf(id).state === "starting";
    await waitUntil("the change is under way", isUnderWay, within);
    await server.reconciler.stop();
    expect((await rowOf(id)).nextProfile).toBe(THREE_NODES);
    await untilProfile(rooms.startServer(KUBERNETES), enrollmentId, THREE_NODES);
    expect(sandboxOf(id).files.get("~/work")?.toString()).toBe("mine");
    expect((await rowOf(id)).nextProfile).toBeNull();
  });

  it("wakes for it, and keeps what was asked for when it is replaced", async () => {
    const server = rooms.startServer({ attendance: { profile: "kubernetes", sleepAfterMinutes: 10 } });
    const { enrollmentId, id } = await settle(server);
    await rooms.database.prisma.sandbox.update({ where: { id }, data: { lastActiveAt: new Date(0) } });
    server.reconciler.wake();
    await untilState(server, enrollmentId, "asleep");
    const page = pageOf(server, enrollmentId);
    await page.changeTo(THREE_NODES);
    await untilProfile(server, enrollmentId, THREE_NODES);
    await page.replace();
    const another = async (): Promise<boolean> => (await server.findSandboxId(enrollmentId)) !== id;
    await waitUntil("the old one is given up", another, within);
    await untilProfile(server, enrollmentId, THREE_NODES);
  });

  it("may be asked for as often as anybody needs, and then says when again; others are not held up", async () => {
    const server = rooms.startServer(KUBERNETES);
    const [loud, quiet] = [await settle(server), await settle(server)];
    const page = pageOf(server, loud.enrollmentId);
    for (let count = 0; count < 10; count += 1) await page.changeTo("docker");
    for (const ask of [() => page.changeTo("docker"), () => page.reset(true), () => page.replace()])
      await expect(ask()).rejects.toThrow(/refused for \d+ s/);
    expect(await page.visit()).toMatchObject({ state: "ready", sandboxId: loud.id });
    expect(await pageOf(server, quiet.enrollmentId).changeTo("docker")).toMatchObject({ state: "ready" });
  });

  it("is refused while the profile cannot be made", async () => {
    const server = rooms.startServer({
      ...KUBERNETES,
      faults: { profiles: { [THREE_NODES]: "preparing" } },
    });
    const { enrollmentId, id } = await settle(server);
    await expect(pageOf(server, enrollmentId).changeTo(THREE_NODES)).rejects.toThrow();
    expect(await rowOf(id)).toMatchObject({ nextProfile: null, profile: "kubernetes" });
    expect(server.audited).toEqual([]);
  });
});
