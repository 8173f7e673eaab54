import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Actor } from "../../../server/platform/actor";
import { cohortInput, startRooms, type Rooms } from "./rooms";

type Role = "nobody" | "stranger" | "attendee" | "other instructor" | "its instructor" | "admin";
type Answer = "ok" | "account.unauthenticated" | "account.forbidden" | "cohort.not-found" | "other";
type Caller = Record<string, (input?: unknown) => Promise<unknown>>;

const ROLES: readonly Role[] = [
  "nobody",
  "stranger",
  "attendee",
  "other instructor",
  "its instructor",
  "admin",
];
const ANYONE = answers("ok", "ok", "ok", "ok", "ok", "ok");
const SIGNED_IN = answers("account.unauthenticated", "ok", "ok", "ok", "ok", "ok");
const INSTRUCTORS = answers(
  "account.unauthenticated",
  "account.forbidden",
  "account.forbidden",
  "ok",
  "ok",
  "ok",
);
const FORBIDDEN = [
  "account.unauthenticated",
  "account.forbidden",
  "account.forbidden",
  "account.forbidden",
  "account.forbidden",
] as const;
const ADMINS = answers(...FORBIDDEN, "ok");
const NEARLY_ADMINS = answers(...FORBIDDEN, "other");
const ITS_INSTRUCTORS = answers(
  "account.unauthenticated",
  "account.forbidden",
  "account.forbidden",
  "cohort.not-found",
  "ok",
  "ok",
);
const ENROLLED = answers(
  "account.unauthenticated",
  "cohort.not-found",
  "ok",
  "cohort.not-found",
  "ok",
  "cohort.not-found",
);
const ITS_ATTENDEE = answers(
  "account.unauthenticated",
  "cohort.not-found",
  "ok",
  "cohort.not-found",
  "cohort.not-found",
  "cohort.not-found",
);

/** What each procedure answers each role. A procedure without a row fails the first test. */
const EXPECTED: Record<string, Record<Role, Answer>> = {
  "accounts.viewer": ANYONE,
  // Open to anyone, and refuses whoever has no link.
  "accounts.redeemSetupLink": answers("other", "other", "other", "other", "other", "other"),
  "accounts.setupPurpose": answers("other", "other", "other", "other", "other", "other"),
  "accounts.setPassword": answers("other", "other", "other", "other", "other", "other"),
  "accounts.signOutEverywhere": SIGNED_IN,
  "accounts.staff": ADMINS,
  "accounts.inviteInstructor": ADMINS,
  // There is no such account.
  "accounts.renewPassword": NEARLY_ADMINS,
  "accounts.changeStaff": NEARLY_ADMINS,
  "cohorts.join": ANYONE,
  "cohorts.rejoin": answers("other", "other", "other", "other", "other", "other"),
  "cohorts.rejoinCode": ITS_ATTENDEE,
  "cohorts.mine": SIGNED_IN,
  "cohorts.enrollment": ENROLLED,
  "cohorts.list": INSTRUCTORS,
  "cohorts.workshops": INSTRUCTORS,
  "cohorts.create": INSTRUCTORS,
  "cohorts.board": ITS_INSTRUCTORS,
  "cohorts.watchBoard": ITS_INSTRUCTORS,
  "cohorts.replaceJoinCode": ITS_INSTRUCTORS,
  "cohorts.revokeJoinCode": ITS_INSTRUCTORS,
};

let rooms: Rooms;
let actors: Record<Role, Actor | null>;
let cohortId: string;
/** For `join`, so that joining changes nobody's part in the cohort that is asked about. */
let otherCode: string;

beforeAll(async () => {
  rooms = await startRooms();
  const its = await rooms.makeAccount("instructor");
  const admin = await rooms.makeAccount("admin");
  const cohort = await rooms.makeCohort(its);
  cohortId = cohort.cohortId;
  otherCode = (await rooms.makeCohort(admin)).code;
  const attendee = await rooms.makeAccount("attendee");
  await rooms.cohorts.router
    .createCaller(rooms.visit(attendee).context)
    .join({ code: cohort.code, displayName: "Ana", deviceKey: randomUUID() });
  actors = {
    nobody: null,
    stranger: await rooms.makeAccount("attendee"),
    attendee,
    "other instructor": await rooms.makeAccount("instructor"),
    "its instructor": its,
    admin,
  };
});
afterAll(() => rooms.dispose());

function answers(...each: readonly Answer[]): Record<Role, Answer> {
  return Object.fromEntries(ROLES.map((role, index) => [role, each[index]])) as Record<Role, Answer>;
}

function inputOf(procedure: string, id: string): unknown {
  switch (procedure) {
    case "redeemSetupLink":
      return {
        token: "x".repeat(43),
        displayName: "Eve",
        email: "eve@example.org",
        password: "long enough",
      };
    case "setupPurpose":
      return { token: "x".repeat(43) };
    case "setPassword":
      return { token: "x".repeat(43), password: "long enough for one" };
    case "renewPassword":
      return { accountId: randomUUID() };
    case "changeStaff":
      return { accountId: randomUUID(), role: "admin", isDisabled: false };
    case "join":
      return { code: otherCode, displayName: "Ana", deviceKey: randomUUID() };
    case "rejoin":
      return { code: "BBBBBBBBBBBB" };
    case "create":
      return cohortInput(rooms.clock.nowMs());
    case "replaceJoinCode":
      return { cohortId: id, hoursValid: 1 };
    default:
      return { cohortId: id };
  }
}

async function call(name: string, role: Role, id: string): Promise<{ answer: Answer; text: string }> {
  const [room = "", procedure = ""] = name.split(".");
  const router = room === "accounts" ? rooms.accounts.router : rooms.cohorts.router;
  const abort = new AbortController();
  const caller = router.createCaller(rooms.visit(actors[role]).context, {
    signal: abort.signal,
  }) as unknown as Caller;
  try {
    const result = await caller[procedure]?.(inputOf(procedure, id));
    if (procedure === "watchBoard") await (result as AsyncGenerator).next();
    return { answer: "ok", text: "" };
  } catch (error) {
    const { code, publicMessage = "" } = (error as { cause: { code: Answer; publicMessage?: string } }).cause;
    const isNamed =
      code === "account.unauthenticated" || code === "account.forbidden" || code === "cohort.not-found";
    return { answer: isNamed ? code : "other", text: publicMessage };
  } finally {
    abort.abort();
  }
}

it("has an expectation for every procedure of the two rooms", () => {
  const named = Object.entries({ accounts: rooms.accounts.router, cohorts: rooms.cohorts.router }).flatMap(
    ([room, router]) => Object.keys(router._def.procedures).map((procedure) => `${room}.${procedure}`),
  );
  expect(Object.keys(EXPECTED).sort()).toEqual(named.sort());
});

describe.each(Object.keys(EXPECTED))("%s", (name) => {
  it("answers each role as agreed", async () => {
    const answered: Partial<Record<Role, Answer>> = {};
    for (const role of ROLES) answered[role] = (await call(name, role, cohortId)).answer;
    expect(answered).toEqual(EXPECTED[name]);
  });

  it("answers a cohort of others exactly like one that does not exist", async () => {
    const refused = ROLES.filter((role) => EXPECTED[name]?.[role] === "cohort.not-found");
    for (const role of refused) {
      expect(await call(name, role, cohortId)).toEqual(await call(name, role, randomUUID()));
    }
  });
});

it("lists an instructor's own cohorts and an admin every one", async () => {
  const list = (role: Role) => rooms.cohorts.router.createCaller(rooms.visit(actors[role]).context).list();
  const own = await list("its instructor");
  expect(own.map((cohort) => cohort.cohortId)).toContain(cohortId);
  expect(own[0]).toMatchObject({ workshopTitle: "Python to production" });
  expect((await list("other instructor")).map((cohort) => cohort.cohortId)).not.toContain(cohortId);
  expect((await list("admin")).map((cohort) => cohort.cohortId)).toContain(cohortId);
});

it("seeds a demo cohort once, keeps its code, and renews it when it is over", async () => {
  const [[first], [second]] = [
    await rooms.cohorts.ensureDemoCohorts(),
    await rooms.cohorts.ensureDemoCohorts(),
  ];
  expect(second).toEqual(first);
  expect(await rooms.cohorts.findWorkshopOfCohort(first?.cohortId ?? "")).toBe("python-to-production");
  rooms.clock.forward(31 * 86_400_000);
  const [renewed] = await rooms.cohorts.ensureDemoCohorts();
  expect(renewed?.cohortId).toBe(first?.cohortId);
  expect(renewed?.code).not.toBe(first?.code);
  const joined = await rooms.cohorts.router
    .createCaller(rooms.visit().context)
    .join({ code: renewed?.code ?? "", displayName: "Ana", deviceKey: randomUUID() });
  expect(joined.cohortId).toBe(first?.cohortId);
});
