import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "..");
const FOLDERS = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !["node_modules", "dist", "test-results"].includes(entry.name))
  .map((entry) => entry.name);

function documents(): string[] {
  const below = readdirSync(path.join(ROOT, "docs"), { recursive: true, encoding: "utf8" });
  const tops = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];
  return [...tops, ...below.filter((name) => name.endsWith(".md")).map((name) => path.join("docs", name))];
}

/** Paths of this repository in back-ticks or links; patterns with a placeholder are not paths. */
function pathsIn(document: string): string[] {
  const text = document.replace(/^ *(`{3,})[\s\S]*?^ *\1`*$/gm, "");
  const quoted = [...text.matchAll(/`([\w./@{},-]+)`/g)].map((match) => match[1] ?? "");
  const linked = [...text.replace(/`[^`]*`/g, "").matchAll(/\]\(((?:\.\.?\/)*[\w./-]+)\)/g)].map(
    (match) => match[1] ?? "",
  );
  return [
    ...quoted.filter((name) => FOLDERS.includes(name.split("/")[0] ?? "") && name.includes("/")),
    ...linked,
  ].filter((name) => !/[{}<>*]/.test(name));
}

it.each(documents())("%s names only paths that exist", (document) => {
  const folder = path.dirname(path.join(ROOT, document));
  const missing = pathsIn(readFileSync(path.join(ROOT, document), "utf8")).filter(
    (name) => !existsSync(path.join(ROOT, name)) && !existsSync(path.resolve(folder, name)),
  );
  expect(missing).toEqual([]);
});
