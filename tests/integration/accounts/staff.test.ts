import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Actor } from "../../../server/platform/actor";
import type { DomainEvent } from "../../../server/platform/events";
import { startRooms, type Rooms } from "../cohorts/rooms";

const DAY_MS = 24 * 3_600_000;

describe("those who teach", () => {
  let rooms: Rooms;
  let admin: Actor;
  const told: DomainEvent[] = [];

  beforeAll(async () => {
    rooms = await startRooms();
    admin = await rooms.makeAccount("admin");
    rooms.events.subscribe((event) => told.push(event));
  });
  afterAll(() => rooms.dispose());

  const as = (actor: Actor | null, visit = rooms.visit(actor)) =>
    rooms.accounts.router.createCaller(visit.context);
  const codeOf = async (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => "ok",
      (error: unknown) => (error as { cause: { code: string } }).cause.code,
    );
  const tokenOf = ({ path }: { readonly path: string }): string => path.split("#")[1] ?? "";
  const person = () => ({
    displayName: "Ines Instructor",
    email: `${randomUUID()}@example.org`,
    password: "correct horse battery",
  });
  /** Invites somebody, who makes their account. */
  async function hire(input = person()): Promise<{ actor: Actor; input: ReturnType<typeof person> }> {
    const token = tokenOf(await as(admin).inviteInstructor());
    const visit = rooms.visit();
    await as(null, visit).redeemSetupLink({ token, ...input });
    const actor = await rooms.actorOf(visit.cookies);
    if (actor === null) throw new Error("the invitation did not sign in");
    return { actor, input };
  }

  it("are invited by links that work once and stand beside one another", async () => {
    const [one, other] = [await as(admin).inviteInstructor(), await as(admin).inviteInstructor()];
    expect(await as(null).setupPurpose({ token: tokenOf(one) })).toEqual({ purpose: "instructor" });
    const visit = rooms.visit();
    await as(null, visit).redeemSetupLink({ token: tokenOf(one), ...person() });
    expect(await rooms.actorOf(visit.cookies)).toMatchObject({ role: "instructor" });
    expect(await codeOf(as(null).redeemSetupLink({ token: tokenOf(one), ...person() }))).toBe(
      "setup-link.invalid",
    );
    expect(await codeOf(as(null).setupPurpose({ token: tokenOf(one) }))).toBe("setup-link.invalid");
    expect(await as(null).setupPurpose({ token: tokenOf(other) })).toEqual({ purpose: "instructor" });
    rooms.clock.forward(4 * DAY_MS);
    expect(await codeOf(as(null).redeemSetupLink({ token: tokenOf(other), ...person() }))).toBe(
      "setup-link.invalid",
    );
  });

  it("choose another password by a link of their own, which ends what was open under the old one", async () => {
    const { actor, input } = await hire();
    const older = await as(admin).renewPassword({ accountId: actor.accountId });
    const link = await as(admin).renewPassword({ accountId: actor.accountId });
    expect(await codeOf(as(null).setupPurpose({ token: tokenOf(older) }))).toBe("setup-link.invalid");
    expect(await as(null).setupPurpose({ token: tokenOf(link) })).toEqual({
      purpose: "password",
      displayName: input.displayName,
      email: input.email,
    });
    // A password's link makes no account, and an invitation sets no password.
    expect(await codeOf(as(null).redeemSetupLink({ token: tokenOf(link), ...person() }))).toBe(
      "setup-link.invalid",
    );
    const invitation = tokenOf(await as(admin).inviteInstructor());
    const password = "another horse, another battery";
    expect(await codeOf(as(null).setPassword({ token: invitation, password }))).toBe("setup-link.invalid");
    expect(await as(null).setupPurpose({ token: invitation })).toEqual({ purpose: "instructor" });

    told.length = 0;
    const visit = rooms.visit();
    await as(null, visit).setPassword({ token: tokenOf(link), password });
    expect(await rooms.actorOf(visit.cookies)).toEqual(actor);
    expect(told).toContainEqual({ kind: "account.signed-out", accountId: actor.accountId });
    expect(await codeOf(as(null).setPassword({ token: tokenOf(link), password }))).toBe("setup-link.invalid");
    const row = await rooms.database.prisma.account.findUniqueOrThrow({ where: { id: actor.accountId } });
    expect(row.passwordHash).not.toContain(password);
  });

  it("are listed, changed and removed by an admin, who cannot remove themselves", async () => {
    const { actor, input } = await hire();
    const change = (to: { role: "attendee" | "instructor" | "admin"; isDisabled: boolean }) =>
      as(admin).changeStaff({ accountId: actor.accountId, ...to });
    const found = async () =>
      (await as(admin).staff()).find(({ accountId }) => accountId === actor.accountId);
    expect(await found()).toMatchObject({
      ...{ displayName: input.displayName, email: input.email, role: "instructor" },
      ...{ hasPassword: true, isDisabled: false, isMe: false },
    });
    await change({ role: "admin", isDisabled: false });
    expect(await found()).toMatchObject({ role: "admin" });
    const made = tokenOf(await as({ ...actor, role: "admin" }).inviteInstructor());
    const own = tokenOf(await as(admin).renewPassword({ accountId: actor.accountId }));
    told.length = 0;
    await change({ role: "admin", isDisabled: true });
    for (const token of [made, own])
      expect(await codeOf(as(null).setupPurpose({ token }))).toBe("setup-link.invalid");
    expect(await found()).toMatchObject({ isDisabled: true });
    expect(told).toContainEqual({ kind: "account.signed-out", accountId: actor.accountId });
    const self = { accountId: admin.accountId, role: "attendee", isDisabled: true } as const;
    expect(await codeOf(as(admin).changeStaff(self))).toBe("request.invalid");
    const attendee = await rooms.makeAccount("attendee");
    const other = { accountId: attendee.accountId, role: "admin", isDisabled: false } as const;
    expect(await codeOf(as(admin).changeStaff(other))).toBe("account.not-found");
    expect(await codeOf(as(admin).renewPassword({ accountId: attendee.accountId }))).toBe(
      "account.not-found",
    );
  });

  it("include who came by single sign-on, until then without any right", async () => {
    const { id } = await rooms.database.prisma.account.create({
      data: { displayName: "Sam Single", oidcSubject: randomUUID() },
    });
    const sam = async () => (await as(admin).staff()).find(({ accountId }) => accountId === id);
    expect(await sam()).toMatchObject({ role: "attendee", hasPassword: false, email: null });
    await as(admin).changeStaff({ accountId: id, role: "instructor", isDisabled: false });
    expect(await sam()).toMatchObject({ role: "instructor" });
  });
});
