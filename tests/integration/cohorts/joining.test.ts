import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Actor } from "../../../server/platform/actor";
import { formatCode } from "../../../server/protocol/inputs";
import { startRooms, type Rooms } from "./rooms";

let rooms: Rooms;
let instructor: Actor;

beforeAll(async () => {
  rooms = await startRooms();
  instructor = await rooms.makeAccount("instructor");
});
afterAll(() => rooms.dispose());

const person = (code: string, deviceKey: string = randomUUID(), displayName = "Ana") => ({
  code,
  displayName,
  deviceKey,
});
const anonymous = (address?: string) => rooms.cohorts.router.createCaller(rooms.visit(null, address).context);
const appCodeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => "succeeded",
    (error: unknown) => (error as { cause?: { code?: unknown } }).cause?.code,
  );
const enrollmentCount = (cohortId: string): Promise<number> =>
  rooms.database.prisma.enrollment.count({ where: { cohortId, role: "attendee" } });

it("gives one enrollment to one browser that joins 50 times at once", async () => {
  const { cohortId, code } = await rooms.makeCohort(instructor);
  const deviceKey = randomUUID();
  const joins = await Promise.all(
    Array.from({ length: 50 }, () => anonymous("192.0.2.50").join(person(code, deviceKey))),
  );
  expect(await enrollmentCount(cohortId)).toBe(1);
  expect(new Set(joins.map(({ rejoinCode }) => rejoinCode)).size).toBe(1);
  expect(joins[0]?.rejoinCode).toMatch(/^[2-9A-Z]{12}$/);
});

it("gives one enrollment to one account that joins from two browsers at once", async () => {
  const { cohortId, code } = await rooms.makeCohort(instructor);
  const attendee = await rooms.makeAccount("attendee");
  await Promise.all(
    Array.from({ length: 20 }, () =>
      rooms.cohorts.router.createCaller(rooms.visit(attendee).context).join(person(code)),
    ),
  );
  expect(await enrollmentCount(cohortId)).toBe(1);
});

it("fills ten places with 30 people at once and tells the other 20 that it is full", async () => {
  const { cohortId, code } = await rooms.makeCohort(instructor, { capacity: 10 });
  const outcomes = await Promise.all(
    Array.from({ length: 30 }, () => appCodeOf(anonymous().join(person(code)))),
  );
  expect(outcomes.filter((outcome) => outcome === "succeeded")).toHaveLength(10);
  expect(outcomes.filter((outcome) => outcome === "cohort.full")).toHaveLength(20);
  expect(await enrollmentCount(cohortId)).toBe(10);
});

it("signs in whoever joins, with a cookie that scripts and other hosts cannot touch", async () => {
  const { cohortId, code } = await rooms.makeCohort(instructor);
  const visit = rooms.visit();
  await rooms.cohorts.router.createCaller(visit.context).join(person(formatCode(code).toLowerCase()));
  expect(visit.cookies).toHaveLength(1);
  expect(visit.cookies[0]).toMatch(/^__Host-slipway\.auth-session=/);
  expect(visit.cookies[0]).toMatch(/; Path=\/;.*HttpOnly; Secure; SameSite=Lax/);
  const actor = await rooms.actorOf(visit.cookies);
  expect(actor?.role).toBe("attendee");
  const [mine] = await rooms.cohorts.router.createCaller(rooms.visit(actor).context).mine();
  expect(mine).toMatchObject({ cohortId, displayName: "Ana", labs: [{ stepCount: 2, passedCount: 0 }] });
});

it("brings the attendee back on another device by the rejoin code, which can be shown again", async () => {
  const { cohortId, code } = await rooms.makeCohort(instructor);
  const first = rooms.visit();
  const { rejoinCode } = await rooms.cohorts.router.createCaller(first.context).join(person(code));
  const actor = await rooms.actorOf(first.cookies);
  const other = rooms.visit();
  const rejoined = await rooms.cohorts.router
    .createCaller(other.context)
    .rejoin({ code: formatCode(rejoinCode ?? "") });
  expect(rejoined).toEqual({ cohortId });
  expect(await rooms.actorOf(other.cookies)).toEqual(actor);
  const caller = rooms.cohorts.router.createCaller(rooms.visit(actor).context);
  expect(await caller.rejoinCode({ cohortId })).toEqual({ rejoinCode });
  expect(await appCodeOf(anonymous().rejoin({ code: "BBBBBBBBBBBB" }))).toBe("rejoin-code.invalid");
});

it("keeps an instructor's account behind their password", async () => {
  const { cohortId, code } = await rooms.makeCohort(instructor);
  const visit = rooms.visit(instructor);
  const deviceKey = randomUUID();
  const joined = await rooms.cohorts.router.createCaller(visit.context).join(person(code, deviceKey));
  expect(joined).toEqual({ cohortId, rejoinCode: null });
  expect(visit.cookies).toEqual([]);
  const stranger = rooms.visit();
  await rooms.cohorts.router.createCaller(stranger.context).join(person(code, deviceKey));
  expect(await rooms.actorOf(stranger.cookies)).not.toMatchObject({ accountId: instructor.accountId });
});

it("tells a wrong code from one that was revoked or has run out", async () => {
  const { cohortId, code } = await rooms.makeCohort(instructor);
  const teacher = rooms.cohorts.router.createCaller(rooms.visit(instructor).context);
  expect(await appCodeOf(anonymous().join(person("BBBBBBBB")))).toBe("join-code.invalid");
  const replaced = await teacher.replaceJoinCode({ cohortId, hoursValid: 1 });
  expect(await appCodeOf(anonymous().join(person(code)))).toBe("join-code.expired");
  expect(await appCodeOf(anonymous().join(person(replaced.code)))).toBe("succeeded");
  await teacher.revokeJoinCode({ cohortId });
  expect(await appCodeOf(anonymous().join(person(replaced.code)))).toBe("join-code.expired");
  expect((await teacher.board({ cohortId })).joinCode).toBeNull();
});

it("lets a room of 100 behind one address join within 30 s", async () => {
  const { cohortId, code } = await rooms.makeCohort(instructor, { capacity: 150 });
  const startedAtMs = Date.now();
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, () => appCodeOf(anonymous("192.0.2.100").join(person(code)))),
  );
  expect(outcomes.filter((outcome) => outcome !== "succeeded")).toEqual([]);
  expect(await enrollmentCount(cohortId)).toBe(100);
  expect(Date.now() - startedAtMs).toBeLessThan(30_000);
});

it("refuses an address after ten wrong codes, right ones included, and says for how long", async () => {
  const { code } = await rooms.makeCohort(instructor);
  const address = "192.0.2.10";
  for (let guess = 0; guess < 10; guess += 1) {
    expect(await appCodeOf(anonymous(address).join(person("CCCCCCCC")))).toBe("join-code.invalid");
  }
  const refused = anonymous(address).join(person(code));
  await expect(refused).rejects.toMatchObject({
    cause: {
      code: "request.rate-limited",
      publicMessage: expect.stringMatching(/Wait (59|60) seconds/) as string,
    },
  });
  expect(await appCodeOf(anonymous("192.0.2.11").join(person(code)))).toBe("succeeded");
});

it("keeps an e-mail only when no account has it, without telling", async () => {
  const { code } = await rooms.makeCohort(instructor);
  const email = `${randomUUID()}@example.org`;
  const joins = [person(code), person(code)].map((who) => anonymous().join({ ...who, email }));
  await Promise.all(joins);
  expect(await rooms.database.prisma.account.count({ where: { email } })).toBe(1);
});
