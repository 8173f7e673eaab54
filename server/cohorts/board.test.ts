import { describe, expect, it } from "vitest";
import {
  AWAY_MS,
  IDLE_MS,
  judgeStanding,
  nameApart,
  planBoard,
  STUCK_MS_MIN,
  stuckAfterMs,
  type Standing,
} from "./board";
import type { ProgressRecord } from "./ports";

const NOW_MS = 10 * 3_600_000;
const MINUTE_MS = 60_000;
const ago = (ms: number): Date => new Date(NOW_MS - ms);

function step(stepId: string, changes: Partial<ProgressRecord> = {}): ProgressRecord {
  return {
    enrollmentId: "e1",
    labId: "lab",
    stepId,
    openedAt: ago(MINUTE_MS),
    passedAt: null,
    failedCount: 0,
    attemptCount: 0,
    lastVerdict: null,
    lastAttemptAt: null,
    ...changes,
  };
}

const failed = (failedCount: number, changes: Partial<ProgressRecord> = {}): ProgressRecord =>
  step("a", {
    failedCount,
    attemptCount: failedCount,
    lastVerdict: "failed",
    lastAttemptAt: ago(1_000),
    ...changes,
  });

interface Row {
  readonly name: string;
  readonly expected: Standing;
  readonly progress: readonly ProgressRecord[];
  readonly isDone?: boolean;
  readonly seenMsAgo?: number;
  readonly joinedMsAgo?: number;
}

const ROWS: readonly Row[] = [
  {
    name: "who has passed everything is done, page open or not",
    expected: "done",
    isDone: true,
    progress: [],
    seenMsAgo: 1e9,
  },
  {
    name: "who was not seen for a minute is away, stuck or not",
    expected: "away",
    progress: [failed(9)],
    seenMsAgo: AWAY_MS + 1,
  },
  {
    name: "who was seen just within the minute is not away",
    expected: "working",
    progress: [],
    seenMsAgo: AWAY_MS,
  },
  { name: "five failures are stuck", expected: "stuck", progress: [failed(5)] },
  {
    name: "five failures stay stuck when the person has stopped trying",
    expected: "stuck",
    progress: [failed(5, { openedAt: ago(IDLE_MS * 2), lastAttemptAt: ago(IDLE_MS + 1) })],
  },
  {
    name: "ten minutes without a try or a step are idle",
    expected: "idle",
    progress: [step("a", { openedAt: ago(IDLE_MS + 1) })],
    joinedMsAgo: IDLE_MS * 2,
  },
  {
    name: "who joined long ago and opened nothing is idle",
    expected: "idle",
    progress: [],
    joinedMsAgo: IDLE_MS + 1,
  },
  {
    name: "a recent try is no idleness, but too long on the step is stuck",
    expected: "stuck",
    progress: [failed(1, { openedAt: ago(STUCK_MS_MIN * 3) })],
  },
  {
    name: "two failures, the last of them a failure, are failing",
    expected: "failing",
    progress: [failed(2)],
  },
  { name: "one failure is part of learning", expected: "working", progress: [failed(1)] },
  {
    name: "our own error is not the attendee's failure",
    expected: "working",
    progress: [failed(3, { lastVerdict: "errored" })],
  },
  {
    name: "failures on a step that was passed are over",
    expected: "working",
    progress: [failed(7, { passedAt: ago(1_000), lastVerdict: "passed" })],
  },
  {
    name: "what counts is the step opened last",
    expected: "working",
    progress: [failed(7, { openedAt: ago(2 * MINUTE_MS) }), step("b")],
  },
  { name: "who just joined is working", expected: "working", progress: [], joinedMsAgo: 1_000 },
];

describe("judgeStanding", () => {
  it.each(ROWS)(
    "$name",
    ({ expected, progress, isDone = false, seenMsAgo = 1_000, joinedMsAgo = MINUTE_MS }) => {
      const standing = judgeStanding({
        nowMs: NOW_MS,
        isDone,
        joinedAt: ago(joinedMsAgo),
        lastSeenAt: ago(seenMsAgo),
        progress,
        stuckAfterMsOf: () => STUCK_MS_MIN * 2,
      });
      expect(standing).toBe(expected);
    },
  );
});

describe("stuckAfterMs", () => {
  const column = { labId: "lab", labTitle: "Lab", stepId: "a", stepTitle: "A", minutes: 10 };
  const took = (ms: number): ProgressRecord => step("a", { openedAt: ago(ms), passedAt: ago(0) });

  it("is twice the author's time until three have passed the step", () => {
    expect(stuckAfterMs(column, [took(MINUTE_MS), took(MINUTE_MS)])).toBe(20 * MINUTE_MS);
  });
  it("is twice the room's median from then on", () => {
    const times = [4, 8, 60].map((minutes) => took(minutes * MINUTE_MS));
    expect(stuckAfterMs(column, times)).toBe(16 * MINUTE_MS);
    expect(stuckAfterMs(column, [...times, took(10 * MINUTE_MS)])).toBe(18 * MINUTE_MS);
  });
  it("is never below five minutes", () => {
    expect(stuckAfterMs(column, [took(1_000), took(1_000), took(1_000)])).toBe(STUCK_MS_MIN);
  });
});

describe("nameApart", () => {
  it("numbers the second and later holders of a name, whatever its case and accents", () => {
    expect(nameApart(["Ana", "José", "ana", "Jose", "ANA"])).toEqual([
      "Ana",
      "José",
      "ana (2)",
      "Jose (2)",
      "ANA (3)",
    ]);
  });
});

describe("planBoard", () => {
  const columns = ["a", "b", "c"].map((stepId) => ({
    labId: "lab",
    labTitle: "Lab",
    stepId,
    stepTitle: stepId,
    minutes: 5,
  }));
  const attendee = (enrollmentId: string) => ({
    enrollmentId,
    displayName: enrollmentId,
    joinedAt: ago(MINUTE_MS),
    lastSeenAt: ago(0),
  });

  it("gives every attendee a cell a column, in order, and leaves out steps that are gone", () => {
    const progress = [
      step("a", { passedAt: ago(0), lastVerdict: "passed" }),
      failed(2, { stepId: "b" }),
      step("removed", { passedAt: ago(0) }),
      step("c", { enrollmentId: "e2" }),
    ];
    const [first, second] = planBoard({
      nowMs: NOW_MS,
      columns,
      attendees: [attendee("e1"), attendee("e2")],
      progress,
      sandboxStates: new Map([["e1", "ready"]]),
    });
    expect(first?.cells.map(({ state }) => state)).toEqual(["passed", "failing", "untouched"]);
    expect(second?.cells.map(({ state }) => state)).toEqual(["untouched", "untouched", "open"]);
    expect(first).toMatchObject({ passedCount: 1, standing: "failing", sandboxState: "ready" });
    expect(second).toMatchObject({ passedCount: 0, standing: "working", sandboxState: "none" });
  });

  it("calls nobody done in a workshop without steps", () => {
    const facts = { nowMs: NOW_MS, columns: [], progress: [], sandboxStates: new Map() };
    expect(planBoard({ ...facts, attendees: [attendee("e1")] })[0]?.standing).toBe("working");
  });
});
