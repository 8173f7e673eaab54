import { expect, test } from "vitest";
import type { BoardAttendee, BoardView } from "@/server/protocol/views";
import { boardRows, countStandings, passedByColumn, projectorNames } from "./board-rows";

const attendee = (displayName: string, change: Partial<BoardAttendee> = {}): BoardAttendee => ({
  enrollmentId: displayName,
  displayName,
  joinedAt: new Date(0),
  lastSeenAt: new Date(0),
  standing: "working",
  sandboxState: "ready",
  passedCount: 0,
  cells: [],
  ...change,
});

const board = (...attendees: BoardAttendee[]): BoardView => ({
  cohortId: "c",
  cohortName: "C",
  workshopTitle: "W",
  capacity: 30,
  joinCode: null,
  joinCodeExpiresAt: null,
  columns: [{ labId: "l", labTitle: "L", stepId: "s", stepTitle: "S" }],
  attendees,
  sandboxes: { awake: 0, asleep: 0, queued: 0, fitsNow: 10, isolation: "hardened" },
  readAt: new Date(0),
});

const choice = { order: "lag", standing: null, search: "" } as const;
const names = (rows: readonly BoardAttendee[]) => rows.map((row) => row.displayName);

test("puts who lags most first, and equals by name", () => {
  const room = board(attendee("Cem", { passedCount: 2 }), attendee("Ada"), attendee("Bo"));
  expect(names(boardRows(room, choice))).toEqual(["Ada", "Bo", "Cem"]);
});

test("puts who needs help most first", () => {
  const room = board(attendee("Ada", { standing: "done" }), attendee("Bo", { standing: "stuck" }));
  expect(names(boardRows(room, { ...choice, order: "standing" }))).toEqual(["Bo", "Ada"]);
});

test("shows only what was asked for", () => {
  const room = board(attendee("Ada", { standing: "stuck" }), attendee("Adam"), attendee("Bo"));
  expect(names(boardRows(room, { ...choice, search: " ADA " }))).toEqual(["Ada", "Adam"]);
  expect(names(boardRows(room, { ...choice, standing: "stuck" }))).toEqual(["Ada"]);
});

test("counts every standing, zeros included, and passes by column", () => {
  const cells = [{ labId: "l", stepId: "s", state: "passed", failedCount: 0, passedAt: null }] as const;
  const room = board(attendee("Ada", { standing: "stuck", cells }), attendee("Bo"));
  expect(countStandings(room).get("stuck")).toBe(1);
  expect(countStandings(room).get("away")).toBe(0);
  expect(passedByColumn(room)).toEqual([1]);
});

test("names on the projector follow the order of joining, not of the rows", () => {
  const room = board(attendee("Zoe"), attendee("Ada", { joinedAt: new Date(9) }));
  expect(projectorNames(room).get("Ada")).toBe("Attendee 2");
});
