import { expect, test } from "vitest";
import { describePassword } from "./password-words";

const level = (password: string, email = "ada@example.org") => describePassword(password, email).level;

test("says how many characters are missing", () => {
  expect(describePassword("123456789", "").words).toBe("1 more character to go.");
  expect(describePassword("1234567", "").words).toBe("3 more characters to go.");
});

test("length makes a password strong, repetition and one's own name do not", () => {
  expect(level("tidal-crane")).toBe(1);
  expect(level("tidal-crane-9")).toBe(2);
  expect(level("tidal crane lifts nine hulls")).toBe(3);
  expect(level("aaaaaaaaaaaaaaaaaaaa")).toBe(1);
  expect(level("ada lovelace wrote it")).toBe(1);
});
