import { createHash } from "node:crypto";
import path from "node:path";
import { labFileSchema, type LabFile } from "./author-schema";
import type { CatalogProblem, Lab, LabAsset, SetupFile, Step } from "./catalog";
import type { Highlight } from "./highlighter";
import { parseYaml } from "./parse-yaml";
import { readFolder, type FolderFile } from "./read-folder";
import { renderMarkdown, type MarkdownContext, type MarkdownSource } from "./render-markdown";
import { findSvgTrouble } from "./svg";

export interface LoadLabOptions {
  /** The catalog's folder. */
  readonly root: string;
  readonly workshopId: string;
  readonly labId: string;
  readonly highlight: Highlight;
}

export interface LoadedLab {
  /** Undefined when anything in the lab is wrong: a lab is taught whole or not at all. */
  readonly lab: Lab | undefined;
  readonly problems: readonly CatalogProblem[];
}

/** Reads, validates and renders one lab. Never throws for what an author wrote. */
export async function loadLab({ root, workshopId, labId, highlight }: LoadLabOptions): Promise<LoadedLab> {
  const name = `${workshopId}/${labId}`;
  const { files, problems: refused } = await readFolder(path.join(root, workshopId, labId), name);
  const problems: CatalogProblem[] = [...refused];
  const texts = new Map(files.map((file) => [file.path, file]));
  const labFile = texts.get("lab.yaml");
  if (labFile === undefined) {
    problems.push({ file: `${name}/lab.yaml`, line: null, reason: "is missing" });
    return { lab: undefined, problems };
  }
  const parsed = parseYaml(labFileSchema, { file: `${name}/lab.yaml`, text: labFile.bytes.toString("utf8") });
  if (!parsed.ok) return { lab: undefined, problems: [...problems, ...parsed.problems] };

  const assets = readAssets(files, { name, problems });
  const render = createRender({ name, assets, highlight, workshopId, labId, problems });
  const read = (at: string): string | null => texts.get(at)?.bytes.toString("utf8") ?? null;
  const steps = parsed.value.steps.map((step, index) => readStep({ step, index, read, render }));
  problems.push(
    ...findStrays(files, parsed.value).map((stray) => ({ ...stray, file: `${name}/${stray.file}` })),
  );
  const presenter = read("presenter.md");
  const lab: Lab = {
    labId,
    workshopId,
    title: parsed.value.title,
    summary: parsed.value.summary,
    minutes: parsed.value.minutes,
    profile: parsed.value.profile,
    absentImages: parsed.value.absentImages,
    steps,
    setupFiles: setupFilesOf(files),
    setupScript: read("setup/setup.sh"),
    presenterHtml: presenter === null ? null : render({ file: "presenter.md", text: presenter }),
    assets,
    hash: hashOf(files),
  };
  return { lab: problems.length === 0 ? lab : undefined, problems };
}

const SETUP_HOME = "setup/home/";

type Render = (source: MarkdownSource) => string;

interface RenderOptions extends Pick<LoadLabOptions, "workshopId" | "labId" | "highlight"> {
  readonly name: string;
  readonly assets: readonly LabAsset[];
  readonly problems: CatalogProblem[];
}

function createRender({ name, assets, highlight, workshopId, labId, problems }: RenderOptions): Render {
  const context: MarkdownContext = {
    highlight,
    assetUrl: (asset) => {
      const found = assets.find((each) => each.name === asset);
      if (found === undefined) return undefined;
      return `/api/labs/${workshopId}/${labId}/assets/${asset}?v=${found.hash.slice(0, 16)}`;
    },
  };
  return (source) => {
    const rendered = renderMarkdown({ ...source, file: `${name}/${source.file}` }, context);
    problems.push(...rendered.problems);
    if (source.text.trim() === "") {
      problems.push({ file: `${name}/${source.file}`, line: null, reason: "is missing or empty" });
    }
    return rendered.html;
  };
}

interface StepOptions {
  readonly step: LabFile["steps"][number];
  readonly index: number;
  readonly read: (at: string) => string | null;
  readonly render: Render;
}

function readStep({ step, index, read, render }: StepOptions): Step {
  const place = placeOf(index, step.id);
  const file = `steps/${place}.md`;
  return {
    stepId: step.id,
    title: step.title,
    minutes: step.minutes,
    html: render({ file, text: read(file) ?? "" }),
    checks: step.checks,
    hints: step.hints.map((text) => render({ file: "lab.yaml", text })),
    solution: read(`solution/${place}.sh`),
    sabotage: read(`sabotage/${place}.sh`),
  };
}

/** `03-run-it`: the place counts from 1. */
function placeOf(index: number, stepId: string): string {
  return `${String(index + 1).padStart(2, "0")}-${stepId}`;
}

/** Files that no step will ever use are a misspelt name, not a harmless extra. */
function findStrays(files: readonly FolderFile[], lab: LabFile): CatalogProblem[] {
  const places = new Set(lab.steps.map((step, index) => placeOf(index, step.id)));
  return files
    .filter((file) => {
      const match = /^(?:steps\/(.+)\.md|(?:solution|sabotage)\/(.+)\.sh)$/.exec(file.path);
      const place = match?.[1] ?? match?.[2];
      if (place !== undefined) return !places.has(place);
      return !/^(lab\.yaml|presenter\.md|setup\/setup\.sh|setup\/home\/.+|assets\/[^/]+)$/.test(file.path);
    })
    .map((file) => ({ file: file.path, line: null, reason: "belongs to no step of lab.yaml" }));
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webp": "image/webp",
};

function readAssets(
  files: readonly FolderFile[],
  { name, problems }: { readonly name: string; readonly problems: CatalogProblem[] },
): LabAsset[] {
  return files.flatMap((file) => {
    if (!file.path.startsWith("assets/")) return [];
    const asset = path.posix.basename(file.path);
    const contentType = CONTENT_TYPES[path.posix.extname(asset)];
    const refuse = (reason: string): [] => {
      problems.push({ file: `${name}/${file.path}`, line: null, reason });
      return [];
    };
    if (contentType === undefined) return refuse("is not an .svg, .png or .webp picture");
    const trouble = contentType === "image/svg+xml" ? findSvgTrouble(file.bytes.toString("utf8")) : undefined;
    if (trouble !== undefined) return refuse(trouble);
    return [{ name: asset, contentType, bytes: file.bytes, hash: sha256(file.bytes) }];
  });
}

function setupFilesOf(files: readonly FolderFile[]): SetupFile[] {
  return files
    .filter((file) => file.path.startsWith(SETUP_HOME))
    .map((file) => ({
      path: file.path.slice(SETUP_HOME.length),
      bytes: file.bytes,
      mode: file.isExecutable ? 0o755 : 0o644,
    }));
}

function hashOf(files: readonly FolderFile[]): string {
  const hash = createHash("sha256");
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    hash.update(`${file.path}\0${file.bytes.length}\0`).update(file.bytes);
  }
  return hash.digest("hex");
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
