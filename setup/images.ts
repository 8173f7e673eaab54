import path from "node:path";
import type Docker from "dockerode";
import { ensureBaseImage, type Suite } from "./base-image";
import { buildImage, findImage } from "./build-image";
import { dockerClient } from "./docker-client";
import { aptBuildArgs, readHostApt } from "./host-apt";
import { hashContext, readContext, readContextFile, type ContextEntry } from "./image-context";
import type { Report } from "./setup-problem";

export interface ImageOptions {
  readonly dockerHost: string;
  readonly dataFolder: string;
  /** The checkout. */
  readonly root: string;
  readonly report: Report;
}

/** A build says something far more often than this. */
const BUILD_SILENCE_MS_MAX = 10 * 60_000;

/**
 * Makes the engine have the sandbox image of this checkout, as `slipway/sandbox:current` and under a tag that is the hash of
 * everything it is built from; builds only when that changed. Needs the agent's bundle in `dist/agent`. Answers the hashed tag.
 *
 * @throws SetupProblem
 */
export async function ensureSandboxImage(options: ImageOptions): Promise<string> {
  const folder = path.join(options.root, "sandbox-images/sandbox");
  const agent = await readContext(path.join(options.root, "dist/agent"), "agent");
  return ensureImage(options, { repository: "slipway/sandbox", suite: "trixie", folder, more: agent });
}

export interface ImageSource {
  readonly repository: string;
  /** The Debian that its Dockerfile begins with. */
  readonly suite: Suite;
  /** Holds the Dockerfile and what it copies. */
  readonly folder: string;
  readonly more?: readonly ContextEntry[];
  /** For the Dockerfile's own arguments; other images of ours, above all. */
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** The stage that becomes the image; the last one when absent. */
  readonly target?: string;
  /** Brings the image of this tag back from a cache outside the engine; answers whether it did. */
  readonly restore?: (docker: Docker, tag: string) => Promise<boolean>;
  /** Puts a newly built image into that cache. */
  readonly keep?: (docker: Docker, tag: string) => Promise<void>;
}

const STAGES_KEPT_FOR = "2h";

/** Builds one image of this checkout unless its inputs are those of the last build; tags it `current`. */
export async function ensureImage(options: ImageOptions, source: ImageSource): Promise<string> {
  const { dockerHost, root, report } = options;
  const docker = dockerClient(dockerHost, BUILD_SILENCE_MS_MAX);
  const entries = [
    ...(await readContextFile(path.join(root, "sandbox-images/apt-install"), "apt-install")),
    ...(await readContext(source.folder)),
    ...(source.more ?? []),
  ];
  const { buildArgs = {}, target } = source;
  const others = [source.suite, ...(target === undefined ? [] : [target]), ...Object.values(buildArgs)];
  const tag = `${source.repository}:${hashContext(entries, others)}`;
  const isThere =
    (await findImage(docker, tag)) !== undefined || (await source.restore?.(docker, tag)) === true;
  if (!isThere) {
    await ensureBaseImage({ ...options, suite: source.suite });
    report(`building ${source.repository}`);
    const args = { ...aptBuildArgs(await readHostApt()), ...buildArgs };
    await buildImage(docker, { entries, tag, buildArgs: args, report, ...(target && { target }) });
    await source.keep?.(docker, tag);
  }
  // Stages of earlier builds; one that is being built at this moment, by whomever, is younger.
  const stages = { dangling: ["true"], label: ["slipway.stage=build"], until: [STAGES_KEPT_FOR] };
  // Refused while somebody else prunes, which does as well.
  await docker.pruneImages({ filters: stages }).catch(() => undefined);
  await docker.getImage(tag).tag({ repo: source.repository, tag: "current" });
  await forgetOthers(docker, source.repository, tag);
  return tag;
}

/** Earlier builds only cost disk. One that a sandbox still runs on stays until that is gone. */
export async function forgetOthers(docker: Docker, repository: string, tag: string): Promise<void> {
  const images = await docker.listImages({ filters: { reference: [repository] } });
  const others = images
    .flatMap(({ RepoTags }) => RepoTags ?? [])
    .filter((name) => name !== tag && name !== `${repository}:current`);
  for (const name of others)
    await docker
      .getImage(name)
      .remove()
      .catch(() => undefined);
}
