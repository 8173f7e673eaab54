import vm from "node:vm";

/**
 * A pattern that has not decided by now is a bad pattern on hostile text: it must not hold up everybody else. It is tried a second time,
 * because the clock also runs while a busy machine lets this process wait, and that must fail nobody's work.
 */
const TRIES_MS_MAX = [50, 200] as const;

/** Long enough for any answer that an author looks for. */
const TEXT_LENGTH_MAX = 64 * 1024;

const sandboxed = vm.createContext(Object.create(null) as vm.Context);
const script = new vm.Script("new RegExp(source, 'm').exec(text)");

/**
 * First match of an author's `source` in the first 64 KiB of `text`, as whole match and groups; null when there is none or
 * when the pattern does not come to an end in a quarter of a second. `^` and `$` match at lines.
 */
export function matchWithin(source: string, text: string): readonly (string | undefined)[] | null {
  sandboxed["source"] = source;
  sandboxed["text"] = text.slice(0, TEXT_LENGTH_MAX);
  try {
    for (const timeout of TRIES_MS_MAX) {
      try {
        const match = script.runInContext(sandboxed, { timeout }) as RegExpExecArray | null;
        return match === null ? null : Array.from(match);
      } catch {
        // Out of time, or no pattern at all: the catalog has refused those.
      }
    }
    return null;
  } finally {
    sandboxed["text"] = "";
  }
}
