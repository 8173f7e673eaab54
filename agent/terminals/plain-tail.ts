const LF = 0x0a;
const CR = 0x0d;
const TAB = 0x09;

/**
 * Where the last `lineCount` lines of `bytes` begin, when skipping everything before them cannot be seen afterwards:
 * the bytes are nothing but printable text, tabs and line ends, and the cut follows a CR LF. Undefined otherwise.
 */
export function findPlainTail(bytes: Uint8Array, lineCount: number): number | undefined {
  let lines = 0;
  let tail: number | undefined;
  for (let index = bytes.length - 1; index >= 0; index -= 1) {
    const byte = bytes[index] ?? 0;
    if (byte >= 0x20 && byte < 0x7f) continue;
    if (!isPlain(byte, bytes[index - 1])) return undefined;
    if (byte !== LF) continue;
    lines += 1;
    if (lines > lineCount && tail === undefined && bytes[index - 1] === CR) tail = index + 1;
  }
  return tail;
}

/** Line ends, tabs and characters beyond ASCII, but not the C1 controls that hide among those. */
function isPlain(byte: number, previous: number | undefined): boolean {
  if (byte < 0x80) return byte === LF || byte === CR || byte === TAB;
  return byte >= 0xa0 || previous !== 0xc2;
}
