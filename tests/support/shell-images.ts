import { parse } from "shell-quote";

/** What a shell script does with images. */
export interface ImagesOfScript {
  /** Pulled, run or given to a cluster. */
  readonly named: readonly string[];
  /** Made by the script itself. */
  readonly built: readonly string[];
}

/**
 * The images of the `docker` and `kubectl` commands in a script, wherever in a line they stand. A name that is put together while the
 * script runs is not seen.
 *
 * @throws Error for an option of `docker run` that is not known, because the image could not be told from its value
 */
export function imagesOfScript(script: string): ImagesOfScript {
  const found = commandsIn(script).map(imagesOfCommand);
  return {
    named: found.flatMap(({ named }) => named ?? []).filter((name) => !name.includes(UNKNOWN)),
    built: found.flatMap(({ built }) => built ?? []).filter((name) => !name.includes(UNKNOWN)),
  };
}

type Words = readonly string[];

/** Stands for what a variable holds. */
const UNKNOWN = "\0";

function commandsIn(script: string): Words[] {
  return script
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .filter((line) => /\b(?:docker|kubectl|k)\s/.test(line))
    .flatMap(commandsOfLine);
}

function commandsOfLine(line: string): Words[] {
  const commands: string[][] = [[]];
  // Go templates and here-documents are no substitutions, whatever they look like.
  for (const token of parse(line.replaceAll("${", "$"), () => UNKNOWN)) {
    if (typeof token === "string") commands.at(-1)?.push(token);
    else if ("op" in token && token.op !== "glob") commands.push([]);
  }
  return commands;
}

function imagesOfCommand(words: Words): Partial<ImagesOfScript> {
  const at = words.findIndex((word, index) => ["docker", "kubectl"].includes(word) || isAlias(word, index));
  const [program, ...rest] = words.slice(Math.max(at, 0));
  if (at === -1) return {};
  return program === "docker" ? imagesOfDocker(rest) : { named: imagesOfKubectl(rest) };
}

/** `k` is short for kubectl in a sandbox. */
function isAlias(word: string, index: number): boolean {
  return word === "k" && index === 0;
}

function imagesOfDocker(words: Words): Partial<ImagesOfScript> {
  const [command, ...rest] = words.filter(
    (word, index) => index > 0 || !["image", "container", "buildx"].includes(word),
  );
  const positional = rest.filter((word) => !word.startsWith("-"));
  if (command === "run" || command === "create") return { named: imageOfRun(rest) };
  if (command === "pull") return { named: positional.slice(-1) };
  if (command === "build") return { built: valuesOf(rest, ["--tag", "-t"]) };
  if (command === "tag") return { named: positional.slice(0, 1), built: positional.slice(1, 2) };
  if (command === "commit") return { built: positional.slice(-1) };
  return {};
}

function imagesOfKubectl(words: Words): string[] {
  const named = valuesOf(words, ["--image"]);
  const at = words.findIndex((word, index) => word === "set" && words[index + 1] === "image");
  if (at === -1) return named;
  const changes = words.slice(at + 2).filter((word) => !word.startsWith("-") && word.includes("="));
  return [...named, ...changes.map((change) => change.slice(change.indexOf("=") + 1))];
}

/** What stands behind any of these options, or behind their `=`. */
function valuesOf(words: Words, options: readonly string[]): string[] {
  return words.flatMap((word, index) => {
    const [option = "", value] = word.split(/=(.*)/s);
    if (!options.includes(option)) return [];
    return value ?? words[index + 1] ?? [];
  });
}

/** Options of `docker run` and `docker create` that stand alone; every other one takes what follows, or has it after `=`. */
const FLAGS = new Set(
  (
    "--detach --disable-content-trust --help --init --interactive --no-healthcheck --oom-kill-disable --privileged " +
    "--publish-all --quiet --read-only --rm --sig-proxy --tty --use-api-socket"
  ).split(" "),
);
/** Flags may stand together, and the last letter may be an option with its value. */
const SHORT_OPTIONS = /^-[diPqt]*(.?)(.*)$/s;
const SHORT_WITH_VALUE = "acehlmpuvw";

function imageOfRun(words: Words): string[] {
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === "--") return left.slice(0, 1);
    if (!word.startsWith("-")) return [word];
    if (takesNext(word)) left.shift();
  }
  return [];
}

function takesNext(option: string): boolean {
  if (option.startsWith("--")) return !option.includes("=") && !FLAGS.has(option);
  const [, letter = "", value = ""] = SHORT_OPTIONS.exec(option) ?? [];
  if (!SHORT_WITH_VALUE.includes(letter))
    throw new Error(`docker run has no option -${letter}, in ${option}`);
  return letter !== "" && value === "";
}
