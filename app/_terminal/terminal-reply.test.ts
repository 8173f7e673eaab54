import { expect, test } from "vitest";
import { isTerminalReply } from "./terminal-reply";

test("knows the emulator's answers, alone and several at once", () => {
  for (const reply of [
    "\u001b[?1;2c",
    "\u001b[>0;276;0c",
    "\u001b[0n",
    "\u001b[12;40R",
    "\u001b[?2026;2$y",
    "\u001b]11;rgb:0c0c/1111/1414\u001b\\",
    "\u001bP1$r0m\u001b\\",
    "\u001b[?1;2c\u001b[5;1R",
  ]) {
    expect(isTerminalReply(reply), JSON.stringify(reply)).toBe(true);
  }
});

test("takes no key and no text for an answer", () => {
  for (const typed of [
    "a",
    "\r",
    "\u001b[A",
    "\u001b[1;5C",
    "\u001bOP",
    "\u001b[200~x\u001b[201~",
    "\u001b",
    "ls\r",
  ]) {
    expect(isTerminalReply(typed), JSON.stringify(typed)).toBe(false);
  }
});
