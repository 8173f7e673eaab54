import { expect, it } from "vitest";
import { estimateWaitMs, usualStartMs } from "./estimate-wait";

const base = {
  nowMs: 0,
  place: 1,
  freePlaces: 3,
  createsMax: 2,
  leaseEndsMs: [],
  recentStarts: [3_000, 2_000, 9_000],
};

it("promises nothing before a start was measured", () => {
  expect(usualStartMs([])).toBeNull();
  expect(estimateWaitMs({ ...base, recentStarts: [] })).toBeNull();
});

it("counts the starts before one's own, as many at once as are made", () => {
  expect(estimateWaitMs(base)).toBe(3_000);
  expect(estimateWaitMs({ ...base, place: 3 })).toBe(6_000);
});

it("waits for the lease that frees the place, and says so when none will", () => {
  expect(estimateWaitMs({ ...base, freePlaces: 0, place: 2, leaseEndsMs: [90_000, 60_000] })).toBe(93_000);
  expect(estimateWaitMs({ ...base, freePlaces: 0 })).toBeNull();
});
