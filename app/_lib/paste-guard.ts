/** What a paste would do, decided before a byte of it is typed. */
export interface PastePlan {
  /** The text as it will be typed: line ends made alike, steering characters left out. */
  readonly text: string;
  readonly lineCount: number;
  /** True when it has more than one line end: a shell might run what the reader has not read. */
  readonly mayNeedConsent: boolean;
  /** True when there are bytes in it that steer terminals; they are not typed. */
  readonly hadControlCharacters: boolean;
  readonly isTooLong: boolean;
}

/** Longest paste that is typed; longer ones belong in a file. */
export const PASTE_CHARACTERS_MAX = 1024 * 1024;

// Everything of C0 and C1 but tab and line feed: an escape in a pasted text could end the bracketed paste early.
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Plans a paste. Pure: asking for consent and typing are the caller's. */
export function planPaste(pasted: string): PastePlan {
  const unified = pasted.replace(/\r\n?/g, "\n");
  const text = unified.replace(CONTROL_CHARACTERS, "");
  const lineEnds = text.split("\n").length - 1;
  return {
    text,
    lineCount: text.endsWith("\n") ? lineEnds : lineEnds + 1,
    mayNeedConsent: lineEnds > 1,
    hadControlCharacters: text.length !== unified.length,
    isTooLong: text.length > PASTE_CHARACTERS_MAX,
  };
}
