import { expect, test } from "vitest";
import type { AttemptView, LabView, StepView } from "@/server/protocol/views";
import { firstOpenStep, mergeProgress, newlyPassed } from "./lab-progress";

const attempt = (at: number): AttemptView => ({
  attemptId: String(at),
  verdict: "passed",
  trigger: "automatic",
  checks: [],
  at: new Date(at),
  durationMs: 5,
});

const step = (stepId: string, change: Partial<StepView> = {}): StepView => ({
  stepId,
  title: stepId,
  minutes: 3,
  html: "",
  checkTitles: [],
  hintTotal: 0,
  hints: [],
  hasSolution: false,
  solution: null,
  passedAt: null,
  lastAttempt: null,
  ...change,
});

const lab = (...steps: StepView[]): LabView => ({
  labSessionId: "s",
  labId: "l",
  title: "L",
  workshopTitle: "W",
  minutes: 10,
  steps,
  finishedAt: null,
  nextLabId: null,
});

test("a late answer never takes back what the page knows", () => {
  const before = lab(step("a", { passedAt: new Date(5), lastAttempt: attempt(9) }));
  const after = mergeProgress(before, {
    finishedAt: null,
    steps: [{ stepId: "a", passedAt: null, lastAttempt: attempt(3) }],
  });
  expect(after.steps[0]).toMatchObject({ passedAt: new Date(5), lastAttempt: { attemptId: "9" } });
});

test("tells which steps have just passed", () => {
  const before = lab(step("a", { passedAt: new Date(1) }), step("b"));
  const after = mergeProgress(before, {
    finishedAt: null,
    steps: [
      { stepId: "a", passedAt: new Date(1), lastAttempt: null },
      { stepId: "b", passedAt: new Date(2), lastAttempt: attempt(2) },
    ],
  });
  expect(newlyPassed(before, after).map((passed) => passed.stepId)).toEqual(["b"]);
});

test("goes on at the first step that has not passed, and stays at the last", () => {
  const done = { passedAt: new Date(1) };
  expect(firstOpenStep(lab(step("a", done), step("b"), step("c")))?.stepId).toBe("b");
  expect(firstOpenStep(lab(step("a", done), step("b", done)))?.stepId).toBe("b");
  expect(firstOpenStep(lab())).toBeUndefined();
});
