import { expect, test } from "vitest";
import { clipboardKeyOf, commandOf, type KeyPress } from "./shortcuts";

/** Like a browser's event: its fields are on the prototype, so that copying it by spreading would lose them. */
function press(combination: string): KeyPress {
  const parts = combination.split("+");
  const key = parts.at(-1) ?? "";
  return Object.create({
    code: key.length === 1 ? `Key${key.toUpperCase()}` : key,
    ctrlKey: parts.includes("Ctrl"),
    metaKey: parts.includes("Cmd"),
    altKey: parts.includes("Alt"),
    shiftKey: parts.includes("Shift"),
  }) as KeyPress;
}

test("a terminal keeps the keys that shells use", () => {
  for (const keys of ["Ctrl+k", "Alt+n", "Alt+c", "Ctrl+c", "Escape", "Alt+b"]) {
    expect(commandOf(press(keys), true), keys).toBeUndefined();
  }
});

test("there is always a way out of a terminal", () => {
  expect(commandOf(press("F6"), true)).toBe("focus-steps");
  expect(commandOf(press("Ctrl+Shift+Escape"), true)).toBe("focus-steps");
  expect(commandOf(press("F6"), false)).toBe("focus-terminal");
});

test("outside of a terminal the short keys work", () => {
  expect(commandOf(press("Cmd+k"), false)).toBe("palette");
  expect(commandOf(press("Alt+n"), false)).toBe("next-step");
  expect(commandOf(press("Alt+c"), false)).toBe("run-check");
  expect(commandOf(press("Ctrl+Alt+n"), false)).toBeUndefined();
});

test("Ctrl+C copies a selection and interrupts without one", () => {
  expect(clipboardKeyOf(press("Ctrl+c"), true)).toBe("copy");
  expect(clipboardKeyOf(press("Ctrl+c"), false)).toBeUndefined();
  expect(clipboardKeyOf(press("Ctrl+Shift+c"), false)).toBe("copy");
  expect(clipboardKeyOf(press("Cmd+c"), true)).toBe("copy");
});

test("paste keys of every system paste", () => {
  for (const keys of ["Ctrl+v", "Cmd+v", "Shift+Insert", "Ctrl+Shift+v"]) {
    expect(clipboardKeyOf(press(keys), false), keys).toBe("paste");
  }
  expect(clipboardKeyOf(press("Ctrl+Alt+v"), false)).toBeUndefined();
});
