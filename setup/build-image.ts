import type Docker from "dockerode";
import { packContext, type ContextEntry } from "./image-context";
import { SetupProblem, type Report } from "./setup-problem";

export interface BuildOptions {
  readonly entries: readonly ContextEntry[];
  readonly tag: string;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Stage to build; the last one when absent. */
  readonly target?: string;
  readonly report: Report;
}

/** Lines of a failed build that are shown. */
const TAIL_LINES = 25;

/** How the scripts under `sandbox-images` begin a line about work that takes a minute or more. */
const LONG_WORK = /^(?:compiling|generating) [\w./ -]{1,60}$/;

interface BuildEvent {
  readonly stream?: string;
  readonly error?: string;
}

/**
 * Builds an image with the engine's own builder, over its API: no Docker client program is needed.
 *
 * @throws SetupProblem with the last lines of the build.
 */
export async function buildImage(
  docker: Docker,
  { entries, tag, buildArgs, target, report }: BuildOptions,
): Promise<void> {
  const lines: string[] = [];
  const stream = await docker.buildImage(
    // The client takes a stream or a buffer; its types know the stream only.
    (await packContext(entries)) as unknown as NodeJS.ReadableStream,
    // The host's network, because an engine without a default bridge gives a build no other.
    { t: tag, buildargs: buildArgs, networkmode: "host", rm: true, forcerm: true, ...(target && { target }) },
  );
  await followEvents(docker, stream, (event: BuildEvent) => {
    const text = (event.stream ?? event.error ?? "").trim();
    if (text !== "") lines.push(text);
    for (const worthTelling of progressIn(text)) report(`${tag}: ${worthTelling}`);
  }).catch((cause: unknown) => {
    throw new SetupProblem(
      `The image ${tag} could not be built:\n${lines.slice(-TAIL_LINES).join("\n")}`,
      "If packages could not be fetched, check this machine's apt sources and proxy; then run this again.",
      { cause },
    );
  });
}

/** The steps of a build, and what its scripts say of long work inside a step. */
export function progressIn(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => {
    const step = /^Step (\d+\/\d+) : (.{1,60})/.exec(line);
    if (step !== null) return [`step ${step[1] ?? ""} ${step[2] ?? ""}`];
    return LONG_WORK.test(line.trim()) ? [line.trim()] : [];
  });
}

/** Reads the engine's progress events to the end; rejects with the first that is an error. */
export function followEvents(
  docker: Docker,
  stream: NodeJS.ReadableStream,
  onEvent: (event: Record<string, unknown>) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    docker.modem.followProgress(
      stream,
      (error) => {
        const first = error ?? failure;
        if (first) reject(first);
        else resolve();
      },
      (event: Record<string, unknown>) => {
        if (typeof event["error"] === "string") failure ??= new Error(event["error"]);
        onEvent(event);
      },
    );
  });
}

/** The image's id, or undefined when the engine has no image of this name. */
export async function findImage(docker: Docker, name: string): Promise<string | undefined> {
  try {
    return (await docker.getImage(name).inspect()).Id;
  } catch (caught) {
    if (caught instanceof Error && "statusCode" in caught && caught.statusCode === 404) return undefined;
    throw caught;
  }
}
