import { describe, expect, it } from "vitest";
import { FrameBudget } from "./frame-budget";

const takeMany = (budget: FrameBudget, count: number, nowMs: number): number =>
  Array.from({ length: count }, () => budget.take(nowMs)).filter((isTaken) => isTaken).length;

describe("FrameBudget", () => {
  it("lets a burst through at once, and no more", () => {
    const budget = new FrameBudget({ framesPerSecond: 10, burst: 20 });
    expect(takeMany(budget, 100, 5_000)).toBe(20);
  });

  it("lets the average rate through for ever", () => {
    const budget = new FrameBudget({ framesPerSecond: 10, burst: 1 });
    const taken = Array.from({ length: 1_000 }, (_, index) => budget.take(index * 100));
    expect(taken.every((isTaken) => isTaken)).toBe(true);
  });

  it("refills with time, up to the burst", () => {
    const budget = new FrameBudget({ framesPerSecond: 10, burst: 20 });
    takeMany(budget, 20, 0);
    expect(takeMany(budget, 100, 1_000)).toBe(10);
    expect(takeMany(budget, 100, 3_600_000)).toBe(20);
  });

  it("gives nothing for a clock that goes back", () => {
    const budget = new FrameBudget({ framesPerSecond: 10, burst: 5 });
    expect(takeMany(budget, 5, 10_000)).toBe(5);
    expect(takeMany(budget, 5, 0)).toBe(0);
  });
});
