import { lstat, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Logger } from "../platform/logger";
import { slugSchema } from "../protocol/inputs";
import { workshopFileSchema } from "./author-schema";
import type { CatalogProblem, Lab, Workshop } from "./catalog";
import { createHighlighter, type Highlight } from "./highlighter";
import { loadLab } from "./load-lab";
import { parseYaml } from "./parse-yaml";

export interface LoadedCatalog {
  readonly workshops: readonly Workshop[];
  /** What was left out and why, in the order in which it was found. */
  readonly problems: readonly CatalogProblem[];
}

/**
 * Reads every workshop below `folder`. A lab with anything wrong in it is left out, said in the log and in `problems`
 * with file, line and reason; the rest is there. A folder that does not exist is an empty catalog with a problem.
 */
export async function loadCatalog({
  folder,
  log,
}: {
  readonly folder: string;
  readonly log: Logger;
}): Promise<LoadedCatalog> {
  const problems: CatalogProblem[] = [];
  const workshops: Workshop[] = [];
  const takenLabIds = new Set<string>();
  const highlighter = await createHighlighter();
  try {
    const { highlight } = highlighter;
    for (const workshopId of await listWorkshops(folder, problems)) {
      const workshop = await loadWorkshop({ root: folder, workshopId, highlight, takenLabIds, problems });
      if (workshop !== undefined) workshops.push(workshop);
    }
  } finally {
    highlighter.dispose();
  }
  for (const { file, line, reason } of problems) log.warn("catalog.file-refused", { file, line, reason });
  log.info("catalog.loaded", { workshopCount: workshops.length, problemCount: problems.length });
  return { workshops, problems };
}

async function listWorkshops(folder: string, problems: CatalogProblem[]): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && slugSchema.safeParse(entry.name).success)
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    problems.push({ file: ".", line: null, reason: `the folder of labs cannot be read: ${describe(error)}` });
    return [];
  }
}

async function readPlainText(file: string): Promise<string | undefined> {
  try {
    return (await lstat(file)).isFile() ? await readFile(file, "utf8") : undefined;
  } catch {
    return undefined;
  }
}

interface LoadWorkshopOptions {
  readonly root: string;
  readonly workshopId: string;
  readonly highlight: Highlight;
  readonly takenLabIds: Set<string>;
  readonly problems: CatalogProblem[];
}

async function loadWorkshop(options: LoadWorkshopOptions): Promise<Workshop | undefined> {
  const { root, workshopId, takenLabIds, problems } = options;
  const file = `${workshopId}/workshop.yaml`;
  const refuse = (reason: string): void => {
    problems.push({ file, line: null, reason });
  };
  const text = await readPlainText(path.join(root, file));
  if (text === undefined) {
    refuse("is not a file that can be read");
    return undefined;
  }
  const parsed = parseYaml(workshopFileSchema, { file, text });
  if (!parsed.ok) {
    problems.push(...parsed.problems);
    return undefined;
  }
  const labs: Lab[] = [];
  for (const labId of parsed.value.labs) {
    if (takenLabIds.has(labId)) refuse(`lab ${labId} is listed twice, here or in another workshop`);
    else {
      takenLabIds.add(labId);
      const lab = await loadListedLab(options, labId);
      if (lab !== undefined) labs.push(lab);
    }
  }
  if (labs.length === 0) {
    refuse("none of its labs could be loaded");
    return undefined;
  }
  return { workshopId, ...parsed.value, labs };
}

async function loadListedLab(options: LoadWorkshopOptions, labId: string): Promise<Lab | undefined> {
  const { problems, workshopId } = options;
  try {
    // A linked folder would be read wherever it leads.
    if (!(await lstat(path.join(options.root, workshopId, labId))).isDirectory())
      throw new Error("not a folder");
    const loaded = await loadLab({ ...options, labId });
    problems.push(...loaded.problems);
    return loaded.lab;
  } catch (error) {
    problems.push({
      file: `${workshopId}/${labId}`,
      line: null,
      reason: `cannot be read: ${describe(error)}`,
    });
    return undefined;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
