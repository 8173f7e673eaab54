import { parse, parseDocument } from "yaml";
import { z } from "zod";
import { normalizeReference } from "../../server/grading/image-reference";
import type { Lab, Step } from "../../server/labs/catalog";
import type { Check } from "../../server/labs/check";
import { imagesOfScript, type ImagesOfScript } from "./shell-images";

/** An image that a lab needs from outside, and where it says so. */
export interface NamedImage {
  readonly reference: string;
  readonly place: string;
}

/** The texts of a lab in which images are named. */
export interface LabTexts extends Pick<Lab, "setupScript" | "absentImages"> {
  readonly steps: readonly Omit<Step, "title" | "minutes">[];
  readonly setupFiles: readonly { readonly path: string; readonly bytes: Buffer }[];
}

/**
 * The images that a lab pulls, runs, builds upon, puts into a manifest or has a check ask for, without those that it builds itself and
 * those that it says nobody gives. Reads scripts, pages, Dockerfiles, compose files and manifests as text: a name that is put together
 * while a script runs is not seen.
 *
 * @throws Error for a command that cannot be read, with its place
 */
export function findNamedImages(lab: LabTexts): readonly NamedImage[] {
  const texts = textsOf(lab);
  const exempt = new Set([...texts.flatMap(builtIn), ...lab.absentImages].map(normalizeReference));
  return texts.flatMap((text) =>
    [...new Set(namedIn(text))]
      .filter((reference) => !exempt.has(normalizeReference(reference)) && reference !== "scratch")
      .map((reference) => ({ reference, place: text.place })),
  );
}

/** The names that the class registry answers for, in their long form, by the text of `images.yaml`. */
export function classImages(imagesYaml: string): ReadonlySet<string> {
  const { images } = imagesFile.parse(parse(imagesYaml));
  return new Set(images.flatMap(({ tags }) => tags).map(normalizeReference));
}

const imagesFile = z.object({ images: z.array(z.object({ tags: z.array(z.string()) })) });

interface LabText {
  readonly text: string;
  readonly place: string;
}

function textsOf(lab: LabTexts): LabText[] {
  const ofSteps = lab.steps.flatMap((step) => [
    { text: codeOf(step.html), place: `the page of ${step.stepId}` },
    { text: step.hints.map(codeOf).join("\n"), place: `the hints of ${step.stepId}` },
    { text: step.solution ?? "", place: `the solution of ${step.stepId}` },
    { text: step.sabotage ?? "", place: `the sabotage of ${step.stepId}` },
    { text: step.checks.flatMap(textsOfCheck).join("\n"), place: `the checks of ${step.stepId}` },
  ]);
  return [
    ...ofSteps,
    ...lab.setupFiles.map(({ path, bytes }) => ({ text: bytes.toString("utf8"), place: path })),
    { text: lab.setupScript ?? "", place: "the setup script" },
  ];
}

/** What a page shows as code, in fences or in a sentence: people type both. */
function codeOf(html: string): string {
  const code = [...html.matchAll(/<code[^>]*>(.*?)<\/code>/gs)].map((match) => match[1] ?? "");
  return code
    .join("\n")
    .replace(/<[^>]+>/g, "")
    .replace(/&#x([0-9a-f]+);/gi, (_, point: string) => String.fromCodePoint(parseInt(point, 16)))
    .replace(/&#(\d+);/g, (_, point: string) => String.fromCodePoint(Number(point)))
    .replace(/&(quot|lt|gt|amp);/g, (_, name: keyof typeof ENTITIES) => ENTITIES[name]);
}

const ENTITIES = { quot: '"', lt: "<", gt: ">", amp: "&" };

/** What has to exist for the check to pass, as lines of a manifest, and the script that it runs. */
function textsOfCheck(check: Check): string[] {
  if (check.kind === "command") return [check.run];
  return imagesOfCheck(check).map((image) => `image: ${image}`);
}

function imagesOfCheck(check: Check): string[] {
  if (check.kind === "container") return check.image === undefined ? [] : [check.image];
  if (check.kind === "image") return check.state === "present" ? [check.reference] : [];
  if (check.kind !== "kubernetes") return [];
  return check.fields
    .filter(({ path }) => /(?:^|\.)image$/.test(path))
    .flatMap(({ equals, oneOf = [] }) => [equals, ...oneOf])
    .filter((image) => typeof image === "string");
}

const NAME = String.raw`["']?([a-z0-9][\w./:@-]*)["']?`;
/** In manifests, compose files and Dockerfiles, alone or in a script's here-document. */
const NAMED = [
  new RegExp(String.raw`^\s*(?:-\s+)?image:\s*${NAME}`, "gm"),
  new RegExp(String.raw`^\s*FROM\s+(?:--\S+\s+)*${NAME}`, "gm"),
];

function namedIn(text: LabText): readonly string[] {
  const inFiles = NAMED.flatMap((pattern) => [...text.text.matchAll(pattern)].map((match) => match[1] ?? ""));
  return [...inFiles, ...scriptOf(text).named];
}

function builtIn(text: LabText): readonly string[] {
  return [...scriptOf(text).built, ...builtByCompose(text.text)];
}

function scriptOf({ text, place }: LabText): ImagesOfScript {
  try {
    return imagesOfScript(text);
  } catch (cause) {
    throw new Error(`${place}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Services of a compose file that say both how to build an image and what to call it. */
function builtByCompose(text: string): string[] {
  if (!/^services:/m.test(text)) return [];
  const file = composeFile.safeParse(parseDocument(text).toJS());
  if (!file.success) return [];
  return Object.values(file.data.services).flatMap(({ build, image }) =>
    build === undefined || image === undefined ? [] : [image],
  );
}

const composeFile = z.object({
  services: z.record(z.string(), z.object({ build: z.unknown().optional(), image: z.string().optional() })),
});
