import { expect, test } from "vitest";
import { fromLocalInput, nextHour, toLocalInput } from "./local-date-time";

test("a moment survives the field", () => {
  const at = new Date(2026, 1, 3, 4, 5);
  expect(toLocalInput(at)).toBe("2026-02-03T04:05");
  expect(fromLocalInput(toLocalInput(at))).toEqual(at);
});

test("an empty or broken field is no moment", () => {
  expect(fromLocalInput("")).toBeUndefined();
  expect(fromLocalInput("tomorrow")).toBeUndefined();
});

test("proposes the next full hour, over midnight too", () => {
  expect(nextHour(new Date(2026, 0, 31, 23, 10))).toEqual(new Date(2026, 1, 1, 0, 0));
});
