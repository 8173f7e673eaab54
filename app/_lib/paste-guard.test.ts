import { expect, test } from "vitest";
import { PASTE_CHARACTERS_MAX, planPaste } from "./paste-guard";

test("types one line, with or without its line end, without asking", () => {
  expect(planPaste("docker ps").mayNeedConsent).toBe(false);
  expect(planPaste("docker ps\r\n")).toMatchObject({
    text: "docker ps\n",
    lineCount: 1,
    mayNeedConsent: false,
  });
});

test("asks before several lines, whatever their line ends", () => {
  for (const text of ["a\nb\nc", "a\r\nb\r\n", "a\rb\rc"]) {
    expect(planPaste(text).mayNeedConsent, JSON.stringify(text)).toBe(true);
  }
  expect(planPaste("a\nb\nc\n").lineCount).toBe(3);
});

test("never types an escape that could end a bracketed paste, and keeps tabs", () => {
  expect(planPaste("echo\t1\u001b[201~\u009brm")).toMatchObject({
    text: "echo\t1[201~rm",
    hadControlCharacters: true,
  });
});

test("refuses what is longer than a paste should be", () => {
  expect(planPaste("x".repeat(PASTE_CHARACTERS_MAX + 1)).isTooLong).toBe(true);
  expect(planPaste("x".repeat(PASTE_CHARACTERS_MAX)).isTooLong).toBe(false);
});
