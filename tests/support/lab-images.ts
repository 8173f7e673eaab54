import { parse } from "yaml";
import { z } from "zod";
import { normalizeReference } from "../../server/grading/image-reference";
import type { Lab } from "../../server/labs/catalog";
import type { Check } from "../../server/labs/check";

/** An image that a lab needs from outside, and where it says so. */
export interface NamedImage {
  readonly reference: string;
  readonly place: string;
}

/** The texts of a lab in which images are named. */
export interface LabTexts extends Pick<Lab, "setupScript"> {
  readonly steps: readonly {
    readonly stepId: string;
    /** The page: what it types into the terminal is in its fences. */
    readonly html: string;
    readonly solution: string | null;
    readonly checks: readonly Check[];
  }[];
  readonly setupFiles: readonly { readonly path: string; readonly bytes: Buffer }[];
}

/**
 * The images that a lab pulls, runs, builds upon or puts into a manifest, without those that it builds itself. Reads scripts, Dockerfiles,
 * compose files and manifests as text: a name that is put together while a script runs is not seen.
 */
export function findNamedImages(lab: LabTexts): readonly NamedImage[] {
  const texts = textsOf(lab);
  const built = new Set(texts.flatMap(({ text }) => builtIn(text)).map(repositoryOf));
  return texts.flatMap(({ text, place }) =>
    [...new Set(namedIn(text))]
      .filter((reference) => !built.has(repositoryOf(reference)) && reference !== "scratch")
      .map((reference) => ({ reference, place })),
  );
}

/** The names that the class registry answers for, in their long form, by the text of `images.yaml`. */
export function classImages(imagesYaml: string): ReadonlySet<string> {
  const { images } = imagesFile.parse(parse(imagesYaml));
  return new Set(images.flatMap(({ tags }) => tags).map(normalizeReference));
}

const imagesFile = z.object({ images: z.array(z.object({ tags: z.array(z.string()) })) });

function textsOf(lab: LabTexts): { readonly text: string; readonly place: string }[] {
  return [
    ...lab.steps.map(({ stepId, html }) => ({ text: fencesOf(html), place: `the page of ${stepId}` })),
    ...lab.steps.map(({ stepId, solution }) => ({
      text: solution ?? "",
      place: `the solution of ${stepId}`,
    })),
    ...lab.steps.map(({ stepId, checks }) => ({
      text: checks.flatMap(imagesOfCheck).join("\n"),
      place: `the checks of ${stepId}`,
    })),
    ...lab.setupFiles.map(({ path, bytes }) => ({ text: bytes.toString("utf8"), place: path })),
    { text: lab.setupScript ?? "", place: "the setup script" },
  ];
}

function fencesOf(html: string): string {
  const fences = [...html.matchAll(/<pre[^>]*>(.*?)<\/pre>/gs)].map((match) => match[1] ?? "");
  const text = fences.join("\n").replace(/<[^>]+>/g, "");
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll("&quot;", '"');
}

/** What has to exist for the check to pass, as a line of a manifest. */
function imagesOfCheck(check: Check): string[] {
  if (check.kind === "container" && check.image !== undefined) return [`image: ${check.image}`];
  if (check.kind === "image" && check.state === "present") return [`image: ${check.reference}`];
  return [];
}

const NAME = String.raw`["']?([a-z0-9][\w./:-]*)["']?`;
const NAMED = [
  String.raw`^\s*(?:-\s+)?image:\s*${NAME}`,
  String.raw`^\s*FROM\s+(?:--\S+\s+)*${NAME}`,
  String.raw`\s--image[= ]${NAME}`,
  String.raw`\bdocker (?:image )?pull (?:--\S+ )*${NAME}`,
];
const BUILT = [
  String.raw`\bdocker (?:buildx )?build\b.*?(?:--tag|-t)[= ]${NAME}`,
  String.raw`\bdocker (?:image )?tag \S+ ${NAME}`,
  String.raw`\bdocker (?:container )?commit \S+ ${NAME}`,
];

function namedIn(text: string): string[] {
  return [...groupsOf(NAMED, text), ...text.split("\n").flatMap(runIn)];
}

function builtIn(text: string): string[] {
  return groupsOf(BUILT, text);
}

function groupsOf(patterns: readonly string[], text: string): string[] {
  return patterns.flatMap((pattern) =>
    [...text.matchAll(new RegExp(pattern, "gm"))].map((match) => match[1] ?? ""),
  );
}

/** Options of `docker run` and `docker create` that stand alone; every other one takes what follows, or has it after `=`. */
const FLAGS = new Set([
  "--detach",
  "--rm",
  "--interactive",
  "--tty",
  "--init",
  "--privileged",
  "--read-only",
  "-d",
  "-i",
  "-t",
  "-it",
  "-ti",
]);

function runIn(line: string): string[] {
  const [, rest] = /\bdocker (?:container )?(?:run|create) (.*)/.exec(line) ?? [];
  const words = rest?.split(/\s+/) ?? [];
  while (words[0]?.startsWith("-") === true) {
    const option = words.shift() ?? "";
    if (!FLAGS.has(option) && !option.includes("=")) words.shift();
  }
  const [image] = words;
  return image === undefined || !/^[a-z0-9]/.test(image) ? [] : [image];
}

function repositoryOf(reference: string): string {
  return normalizeReference(reference).replace(/:[^:/]*$/, "");
}
