import { expect, test } from "vitest";
import { parseClipboardWrite } from "./clipboard-sequence";

const encode = (text: string) => Buffer.from(text).toString("base64");

test("reads what a program wants to copy", () => {
  expect(parseClipboardWrite(`c;${encode("héllo")}`)).toBe("héllo");
  expect(parseClipboardWrite(`;${encode("x")}`)).toBe("x");
});

test("never answers a read, and ignores what is malformed or too long", () => {
  for (const payload of ["c;?", "c;", "c", "c;***", "c;/w==", `c;${"A".repeat(1024 * 1024 + 4)}`]) {
    expect(parseClipboardWrite(payload), payload.slice(0, 12)).toBeUndefined();
  }
});
