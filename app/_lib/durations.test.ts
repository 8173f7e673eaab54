import { expect, test } from "vitest";
import { agoWords, counted, minutesWords, waitWords } from "./durations";

test("says a wait the way people do and never promises too little below a minute", () => {
  expect(waitWords(0)).toBe("a few seconds");
  expect(waitWords(31)).toBe("about 35 seconds");
  expect(waitWords(58)).toBe("about 1 minute");
  expect(waitWords(190)).toBe("about 3 minutes");
  expect(waitWords(7_300)).toBe("about 2 hours");
});

test("says how long ago in the largest fitting unit", () => {
  const now = Date.UTC(2026, 0, 10);
  const before = (minutes: number) => agoWords(new Date(now - minutes * 60_000), now);
  expect([before(-3), before(0.5), before(4), before(179), before(60 * 50)]).toEqual([
    "now",
    "now",
    "4 min",
    "2 h",
    "2 d",
  ]);
});

test("says minutes of work and plurals", () => {
  expect([minutesWords(25), minutesWords(60), minutesWords(80)]).toEqual(["25 min", "1 h", "1 h 20 min"]);
  expect([counted(1, "step"), counted(0, "step")]).toEqual(["1 step", "0 steps"]);
});
