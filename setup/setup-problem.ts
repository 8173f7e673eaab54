/** Something that setup cannot do. `message` says what, in a sentence; `remedy` says what the reader can do about it. */
export class SetupProblem extends Error {
  override readonly name = "SetupProblem";
  readonly remedy: string;

  constructor(message: string, remedy: string, options: { readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.remedy = remedy;
  }
}

/** Where setup tells people what it is doing: one short line a call. */
export type Report = (text: string) => void;
