/**
 * What an emulator answers to a program that asks: device attributes, status and cursor reports, mode reports, colours,
 * and focus reports. Ctrl+F3 looks like a cursor report, so this is asked only while nothing else can be meant.
 */
const REPLY =
  /^(?:\u001b\[[?>=]?[\d;]*[cnR]|\u001b\[\??[\d;]+\$y|\u001b\[[\d;]+t|\u001b\[[IO]|\u001b\]\d+;[^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001bP[^\u001b]*\u001b\\)+$/;

/** True when the text can only be the emulator's own answer, not a key. */
export function isTerminalReply(text: string): boolean {
  return REPLY.test(text);
}
