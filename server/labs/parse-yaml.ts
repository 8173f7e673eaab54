import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from "yaml";
import type { z } from "zod";
import type { CatalogProblem } from "./catalog";

export type ParsedYaml<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problems: readonly CatalogProblem[] };

type Path = readonly PropertyKey[];

/** Reads `text` as YAML and validates it. Every problem is reported, each with the line that it is about. Never throws. */
export function parseYaml<Schema extends z.ZodType>(
  schema: Schema,
  { file, text }: { readonly file: string; readonly text: string },
): ParsedYaml<z.output<Schema>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ message, pos }) => ({
      file,
      line: lines.linePos(pos[0]).line,
      reason: message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? message,
    }));
    return { ok: false, problems };
  }
  const content = contentOf(document);
  if (content instanceof Error) {
    return { ok: false, problems: [{ file, line: null, reason: content.message }] };
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return { ok: true, value: parsed.data };
  const problems = parsed.error.issues.map((issue) => ({
    file,
    line: lineOf(
      document,
      lines,
      issue.code === "unrecognized_keys" ? [...issue.path, issue.keys[0] ?? ""] : issue.path,
    ),
    reason: describeIssue(issue.path, issue.message),
  }));
  return { ok: false, problems };
}

/** A document that names itself by aliases too often is refused by the library: that error becomes a value here. */
function contentOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 20 }) as unknown;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The line of the deepest node on `path` that exists: a missing key is reported at what lacks it. */
function lineOf(document: Document, lines: LineCounter, path: Path): number | null {
  for (let length = path.length; length >= 0; length -= 1) {
    const offset = offsetOf(document, path.slice(0, length));
    if (offset !== undefined) return lines.linePos(offset).line;
  }
  return null;
}

function offsetOf(document: Document, path: Path): number | undefined {
  const parent = document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last);
    if (pair !== undefined && isNode(pair.key)) return pair.key.range?.[0];
  }
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  return isNode(node) ? node.range?.[0] : undefined;
}

function describeIssue(path: Path, message: string): string {
  return path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`;
}
