import { describe, expect, it } from "vitest";
import type { Profile } from "../protocol";
import { estimateWaitMs, usualStartMs, type WaitSnapshot } from "./estimate-wait";

const usualMs = new Map<Profile, number>([
  ["docker", 3_000],
  ["kubernetes", 8_000],
]);
const base: WaitSnapshot = {
  nowMs: 0,
  queue: ["docker"],
  underWay: [],
  freePlaces: 30,
  startCores: 2,
  leaseEndsMs: [],
  usualMs,
};
const dockers = (count: number): Profile[] => Array.from({ length: count }, () => "docker");

it("takes what two of three were done within, and none of nothing", () => {
  expect(usualStartMs([])).toBeNull();
  expect(usualStartMs([3_000, 2_000, 9_000])).toBe(3_000);
});

describe("estimateWaitMs", () => {
  it("promises nothing before a start of the profile was measured", () => {
    expect(estimateWaitMs({ ...base, usualMs: new Map([["kubernetes", 8_000]]) })).toBeNull();
  });

  it("counts the starts before one's own, as many at once as are made", () => {
    expect(estimateWaitMs(base)).toBe(3_000);
    expect(estimateWaitMs({ ...base, queue: dockers(3) })).toBe(6_000);
  });

  it("makes one with a cluster on two cores, and on one where there is no more", () => {
    const queue: Profile[] = ["kubernetes", "docker", "kubernetes"];
    expect(estimateWaitMs({ ...base, queue: queue.slice(0, 2) })).toBe(11_000);
    expect(estimateWaitMs({ ...base, queue })).toBe(19_000);
    expect(estimateWaitMs({ ...base, queue, startCores: 4 })).toBe(11_000);
    expect(estimateWaitMs({ ...base, queue, startCores: 1 })).toBe(19_000);
  });

  it("waits for the cores that are taken, also by a start that is overdue", () => {
    const underWay = [
      { profile: "docker" as const, sinceMs: -1_000, isWarm: false },
      { profile: "kubernetes" as const, sinceMs: -60_000, isWarm: false },
    ];
    const busy = { ...base, underWay, startCores: 3 };
    expect(estimateWaitMs(busy)).toBe(3_800);
    expect(estimateWaitMs({ ...busy, queue: dockers(3) })).toBe(5_000);
  });

  it("gives a warm sandbox that is about to be ready to the first who wants its profile", () => {
    const underWay = [{ profile: "docker" as const, sinceMs: -2_000, isWarm: true }];
    expect(estimateWaitMs({ ...base, underWay })).toBe(1_000);
    expect(estimateWaitMs({ ...base, underWay, queue: ["kubernetes"] })).toBe(9_000);
  });

  it("waits for the lease that frees the place, and says so when none will", () => {
    const full = { ...base, freePlaces: 0, leaseEndsMs: [90_000, 60_000] };
    expect(estimateWaitMs({ ...full, queue: dockers(2) })).toBe(93_000);
    expect(estimateWaitMs({ ...full, leaseEndsMs: [] })).toBeNull();
  });

  it("is within 30 % of what a simulated burst then takes, for everybody in it", () => {
    // Creates as they are: some slow, none exactly the usual. The same at every run.
    const durations = [2_700, 3_400, 2_500, 3_100, 4_100, 2_800, 3_000, 3_600, 2_600, 3_300, 2_900, 3_200];
    const usual = usualStartMs([...durations].reverse()) ?? 0;
    const snapshot = { ...base, usualMs: new Map<Profile, number>([["docker", usual]]) };
    const cores = [0, 0];
    for (const [index, durationMs] of durations.entries()) {
      cores.sort((a, b) => a - b);
      const endedMs = (cores.shift() ?? 0) + durationMs;
      cores.push(endedMs);
      const estimateMs = estimateWaitMs({ ...snapshot, queue: dockers(index + 1) }) ?? 0;
      expect(Math.abs(estimateMs - endedMs) / endedMs).toBeLessThan(0.3);
    }
  });
});
