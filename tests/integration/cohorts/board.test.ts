import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Actor } from "../../../server/platform/actor";
import { waitUntil } from "../../../server/platform/wait-until";
import { systemClock } from "../../../server/platform/clock";
import type { BoardView } from "../../../server/protocol/views";
import { startRooms, type Rooms } from "./rooms";

let rooms: Rooms;
let instructor: Actor;

beforeAll(async () => {
  rooms = await startRooms();
  instructor = await rooms.makeAccount("instructor");
});
afterAll(() => rooms.dispose());

async function joinAs(code: string, displayName: string): Promise<{ actor: Actor }> {
  const visit = rooms.visit();
  await rooms.cohorts.router.createCaller(visit.context).join({ code, displayName, deviceKey: randomUUID() });
  const actor = await rooms.actorOf(visit.cookies);
  if (actor === null) throw new Error("joining did not sign in");
  return { actor };
}

function pass(enrollmentId: string, stepId: string): void {
  const at = new Date(rooms.clock.nowMs());
  rooms.progress.push({
    enrollmentId,
    labId: "first-container",
    stepId,
    openedAt: at,
    passedAt: at,
    failedCount: 0,
    attemptCount: 1,
    lastVerdict: "passed",
    lastAttemptAt: at,
  });
}

/** What an instructor's page receives, each board with the moment at which it came. */
async function watch(cohortId: string, abort: AbortController) {
  const boards: { board: BoardView; atMs: number }[] = [];
  const stream = await rooms.cohorts.router
    .createCaller(rooms.visit(instructor).context, { signal: abort.signal })
    .watchBoard({ cohortId });
  const ended = (async () => {
    for await (const board of stream) boards.push({ board, atMs: performance.now() });
  })();
  const until = (subject: string, isTrue: (board: BoardView) => boolean): Promise<void> =>
    waitUntil(subject, () => boards.some(({ board }) => isTrue(board)), {
      timeoutMs: 5_000,
      pollMs: 2,
      clock: systemClock,
    });
  return { boards, ended, until };
}

/** Resolves when the pause after a board is over and the page waits for the next change. */
function untilQuiet(): Promise<void> {
  const isQuiet = (): boolean => {
    const waits = rooms.clock.pendingWaits();
    return waits.length > 0 && waits.every((ms) => ms > 1_000);
  };
  return waitUntil("the pause is over", isQuiet, { timeoutMs: 5_000, pollMs: 2, clock: systemClock });
}

it("shows who joined, tells same names apart and hides nobody's progress", async () => {
  const { cohortId, code } = await rooms.makeCohort(instructor);
  for (const name of ["Ana", "ana", "Bo"]) await joinAs(code, name);
  const teacher = rooms.cohorts.router.createCaller(rooms.visit(instructor).context);
  const first = await teacher.board({ cohortId });
  expect(first.attendees.map(({ displayName }) => displayName)).toEqual(["Ana", "ana (2)", "Bo"]);
  expect(first).toMatchObject({ joinCode: code, workshopTitle: "Python to production" });
  expect(first.columns.map(({ stepId }) => stepId)).toEqual(["hello", "limits"]);
  const [ana] = first.attendees;
  pass(ana?.enrollmentId ?? "", "hello");
  pass(ana?.enrollmentId ?? "", "limits");
  const second = await teacher.board({ cohortId });
  expect(second.attendees[0]).toMatchObject({ standing: "done", passedCount: 2 });
  expect(second.attendees[2]).toMatchObject({ standing: "working", passedCount: 0, sandboxState: "none" });
});

it("shows a verdict on the board within 250 ms of its event", async () => {
  const { cohortId, code } = await rooms.makeCohort(instructor);
  const { actor } = await joinAs(code, "Ana");
  const grant = await rooms.cohorts.findEnrollment(actor, cohortId);
  const abort = new AbortController();
  const watched = await watch(cohortId, abort);
  await watched.until("the first board", () => true);
  // So that what is measured is the first change of a quiet room.
  await untilQuiet();
  pass(grant?.enrollmentId ?? "", "hello");
  const changedAtMs = performance.now();
  await rooms.events.publish({
    kind: "progress.changed",
    enrollmentId: grant?.enrollmentId ?? "",
    labId: "first-container",
  });
  await watched.until("the passed step", (board) => board.attendees[0]?.passedCount === 1);
  const shown = watched.boards.find(({ board }) => board.attendees[0]?.passedCount === 1);
  expect((shown?.atMs ?? Infinity) - changedAtMs).toBeLessThan(250);
  abort.abort();
  await watched.ended;
});

it("sends at most five boards a second however much happens, and the last one is right", async () => {
  const { cohortId, code } = await rooms.makeCohort(instructor);
  const { actor } = await joinAs(code, "Ana");
  const enrollmentId = (await rooms.cohorts.findEnrollment(actor, cohortId))?.enrollmentId ?? "";
  const abort = new AbortController();
  const watched = await watch(cohortId, abort);
  await watched.until("the first board", () => true);
  const happens = async (): Promise<boolean> => {
    await rooms.events.publish({ kind: "sandbox.changed", sandboxId: randomUUID(), enrollmentId });
    return watched.boards.length >= 5;
  };
  await waitUntil("five boards", happens, { timeoutMs: 5_000, pollMs: 5, clock: systemClock });
  rooms.sandboxStates.set(enrollmentId, "ready");
  await rooms.events.publish({ kind: "sandbox.changed", sandboxId: randomUUID(), enrollmentId });
  await watched.until("the sandbox", (board) => board.attendees[0]?.sandboxState === "ready");
  const gaps = watched.boards.slice(1).map(({ atMs }, index) => atMs - (watched.boards[index]?.atMs ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThan(150);
  abort.abort();
  await watched.ended;
});

it("does not wake for another cohort and stops listening when the page is closed", async () => {
  const { cohortId } = await rooms.makeCohort(instructor);
  const abort = new AbortController();
  const watched = await watch(cohortId, abort);
  await watched.until("the first board", () => true);
  for (const kind of ["progress.changed", "enrollment.changed"] as const) {
    await rooms.events.publish({
      kind,
      enrollmentId: randomUUID(),
      labId: "first-container",
      cohortId: randomUUID(),
    });
  }
  await rooms.events.publish({ kind: "events.resynced" });
  await waitUntil("the second board", () => watched.boards.length === 2, {
    timeoutMs: 5_000,
    clock: systemClock,
  });
  abort.abort();
  await watched.ended;
  expect(watched.boards).toHaveLength(2);
});

it("keeps the board on the wall through an outage of the database", async () => {
  const { cohortId } = await rooms.makeCohort(instructor);
  const abort = new AbortController();
  const watched = await watch(cohortId, abort);
  await watched.until("the first board", () => true);
  await rooms.database.halt();
  const waitCount = rooms.clock.waitCount();
  await rooms.events.publish({ kind: "events.resynced" });
  // Each look at the board, in vain or not, ends with a pause.
  await waitUntil("a look in vain", () => rooms.clock.waitCount() > waitCount, {
    timeoutMs: 10_000,
    clock: systemClock,
  });
  await rooms.database.restart();
  // As the bus on Postgres does when it is connected again.
  await rooms.events.publish({ kind: "events.resynced" });
  const before = watched.boards.length;
  await waitUntil("a board after the outage", () => watched.boards.length > before, {
    timeoutMs: 20_000,
    clock: systemClock,
  });
  abort.abort();
  await watched.ended;
});

it("notices presence at once when somebody comes back", async () => {
  const { cohortId, code } = await rooms.makeCohort(instructor);
  const { actor } = await joinAs(code, "Ana");
  rooms.clock.forward(90_000);
  const teacher = rooms.cohorts.router.createCaller(rooms.visit(instructor).context);
  expect((await teacher.board({ cohortId })).attendees[0]?.standing).toBe("away");
  const abort = new AbortController();
  const watched = await watch(cohortId, abort);
  await watched.until("the first board", () => true);
  await rooms.cohorts.findEnrollment(actor, cohortId);
  await watched.until("presence", (board) => board.attendees[0]?.standing === "working");
  abort.abort();
  await watched.ended;
});

it("reads 300 attendees in time for the 15 s resync of every open board", async () => {
  const { cohortId } = await rooms.makeCohort(instructor, { capacity: 300 });
  const accounts = Array.from({ length: 300 }, (_, index) => ({
    id: randomUUID(),
    displayName: `Attendee ${index}`,
  }));
  await rooms.database.prisma.account.createMany({ data: accounts });
  await rooms.database.prisma.enrollment.createMany({
    data: accounts.map(({ id }) => ({ cohortId, accountId: id })),
  });
  const teacher = rooms.cohorts.router.createCaller(rooms.visit(instructor).context);
  await teacher.board({ cohortId });
  const startedAtMs = performance.now();
  expect((await teacher.board({ cohortId })).attendees).toHaveLength(300);
  expect(performance.now() - startedAtMs).toBeLessThan(500);
});
