import vm from "node:vm";

/** A pattern that has not decided by now is a bad pattern on hostile text: it must not hold up everybody else. */
const MATCH_MS_MAX = 50;

/** Long enough for any answer that an author looks for. */
const TEXT_LENGTH_MAX = 64 * 1024;

const sandboxed = vm.createContext(Object.create(null) as vm.Context);
const script = new vm.Script("new RegExp(source, 'm').exec(text)");

/**
 * First match of an author's `source` in the first 64 KiB of `text`, as whole match and groups; null when there is none or
 * when the pattern does not come to an end within 50 ms. `^` and `$` match at lines.
 */
export function matchWithin(source: string, text: string): readonly (string | undefined)[] | null {
  sandboxed["source"] = source;
  sandboxed["text"] = text.slice(0, TEXT_LENGTH_MAX);
  try {
    const match = script.runInContext(sandboxed, { timeout: MATCH_MS_MAX }) as RegExpExecArray | null;
    return match === null ? null : Array.from(match);
  } catch {
    return null;
  } finally {
    sandboxed["text"] = "";
  }
}
