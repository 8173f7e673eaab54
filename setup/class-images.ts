import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type Docker from "dockerode";
import { parse } from "yaml";
import { z } from "zod";
import { CLASS_REGISTRY } from "../server/sandboxes/class-registry";
import { followEvents } from "./build-image";
import { dockerClient } from "./docker-client";
import { readContext } from "./image-context";
import { ensureClassRegistryImage } from "./class-registry-image";
import { ensureImage, type ImageOptions } from "./images";
import { SetupProblem, type Report } from "./setup-problem";

const manifestSchema = z.strictObject({
  images: z.array(
    z.strictObject({
      folder: z.string().regex(/^[a-z0-9-]+$/),
      suite: z.enum(["trixie", "bookworm"]),
      /** Folder of the image that the Dockerfile begins with, when it is one of ours. */
      base: z.string().optional(),
      /** Without a slash: all class images live in one namespace, which attendees cannot write to. */
      tags: z.array(z.string().regex(/^[a-z0-9_-]+:[A-Za-z0-9._-]+$/)).min(1),
    }),
  ),
});

export type ClassImage = z.output<typeof manifestSchema>["images"][number];

/** Names and labels whatever exists only while images are pushed. */
const PUSH_ROLE = `${CLASS_REGISTRY.container}-push`;
const ROLE = "dev.slipway.role";
/** Far longer than all images take. */
const PUSH_S_MAX = 3_600;
const PUSH_SILENCE_MS_MAX = 2 * 60_000;
const REGISTRY_START_MS_MAX = 15_000;

/**
 * Makes the class registry of this engine hold every image of `sandbox-images/class/images.yaml`; builds and pushes what changed.
 * What was pushed is remembered in `<dataFolder>/cache`, by the registry's volume, so that a second call does next to nothing.
 *
 * @throws SetupProblem
 */
export async function ensureClassImages(options: ImageOptions): Promise<void> {
  const { dockerHost, root, dataFolder } = options;
  const docker = dockerClient(dockerHost, PUSH_SILENCE_MS_MAX);
  const registryImage = await ensureClassRegistryImage(options);
  const built: { tag: string; image: ClassImage }[] = [];
  for (const image of await readManifest(root)) {
    const folder = folderOf(root, image.folder);
    // What its base is made of belongs to what it is made of: with the base it changes.
    const more = image.base === undefined ? [] : await readContext(folderOf(root, image.base), "base");
    const source = { repository: `slipway/class-${image.folder}`, suite: image.suite, folder, more };
    built.push({ tag: await ensureImage(options, source), image });
  }
  const volumeMadeAt = await ensureVolume(docker);
  const stamp = path.join(dataFolder, "cache", "class-images.json");
  const wanted = createHash("sha256")
    .update(JSON.stringify([volumeMadeAt, built]))
    .digest("hex");
  if ((await readFile(stamp, "utf8").catch(() => "")) === wanted) return;
  await withWritableRegistry(docker, registryImage, async (registry) => {
    for (const { tag, image } of built) await push(docker, { tag, image, registry, report: options.report });
  });
  await mkdir(path.dirname(stamp), { recursive: true });
  await writeFile(stamp, wanted);
}

function folderOf(root: string, name: string): string {
  return path.join(root, "sandbox-images/class", name);
}

async function readManifest(root: string): Promise<readonly ClassImage[]> {
  const file = path.join(root, "sandbox-images/class/images.yaml");
  const parsed = manifestSchema.safeParse(parse(await readFile(file, "utf8")));
  if (parsed.success) return parsed.data.images;
  throw new SetupProblem(
    `${file} is not a list of images:\n${z.prettifyError(parsed.error)}`,
    "Correct the file.",
  );
}

/** When the volume was made: another one of the same name is empty again. */
async function ensureVolume(docker: Docker): Promise<string> {
  const volume = await docker.createVolume({ Name: CLASS_REGISTRY.volume });
  const { CreatedAt = "" } = volume as unknown as { CreatedAt?: string };
  return CreatedAt;
}

/** A second registry on the same volume, open to this machine only and only for as long as `use` takes. */
async function withWritableRegistry(
  docker: Docker,
  image: string,
  use: (registry: string) => Promise<void>,
): Promise<void> {
  await removeLeftPushes(docker);
  // A name of its own: two checkouts may set up one engine at the same time.
  const name = `${PUSH_ROLE}-${randomUUID().slice(0, 8)}`;
  const port = `${CLASS_REGISTRY.port}/tcp`;
  const network = await docker.createNetwork({ Name: name, Driver: "bridge", Labels: { [ROLE]: PUSH_ROLE } });
  try {
    const container = await docker.createContainer({
      name,
      Image: image,
      Labels: { [ROLE]: PUSH_ROLE },
      // Shared with other pushes; the collection of garbage takes the same lock for itself alone.
      Entrypoint: ["flock", "--shared", CLASS_REGISTRY.lockFile, "docker-registry", "serve"],
      Cmd: ["/etc/docker/registry/push.yml"],
      ExposedPorts: { [port]: {} },
      HostConfig: {
        NetworkMode: name,
        PortBindings: { [port]: [{ HostIp: "127.0.0.1", HostPort: "" }] },
        Mounts: [{ Type: "volume", Source: CLASS_REGISTRY.volume, Target: CLASS_REGISTRY.volumeTarget }],
      },
    });
    try {
      await container.start();
      const { NetworkSettings } = await container.inspect();
      const published = NetworkSettings.Ports[port]?.[0]?.HostPort;
      if (published === undefined) throw new Error("the class registry has no port to push to");
      await use(`localhost:${published}`);
    } finally {
      await container.remove({ force: true }).catch(() => undefined);
    }
  } finally {
    await network.remove().catch(() => undefined);
  }
}

/** What a setup left that was killed. */
async function removeLeftPushes(docker: Docker): Promise<void> {
  const label = [`${ROLE}=${PUSH_ROLE}`];
  const oldestS = Date.now() / 1_000 - PUSH_S_MAX;
  for (const { Id, Created } of await docker.listContainers({ all: true, filters: { label } })) {
    if (Created < oldestS) await docker.getContainer(Id).remove({ force: true });
  }
  await docker.pruneNetworks({ filters: { label, until: [`${PUSH_S_MAX}s`] } });
}

async function push(
  docker: Docker,
  { tag, image, registry, report }: { tag: string; image: ClassImage; registry: string; report: Report },
): Promise<void> {
  report(`pushing ${image.tags[0] ?? image.folder} into the class registry`);
  for (const name of image.tags) {
    const [repository = "", version = ""] = name.split(":");
    const repo = `${registry}/${CLASS_REGISTRY.classNamespace}/${repository}`;
    await docker.getImage(tag).tag({ repo, tag: version });
    try {
      await pushUntilAnswered(docker, `${repo}:${version}`);
    } finally {
      await docker
        .getImage(`${repo}:${version}`)
        .remove({ noprune: true })
        .catch(() => undefined);
    }
  }
}

/** The registry needs a moment after its start; until then the engine is refused. */
async function pushUntilAnswered(docker: Docker, name: string): Promise<void> {
  const deadlineMs = Date.now() + REGISTRY_START_MS_MAX;
  for (;;) {
    try {
      const stream = await docker
        .getImage(name)
        .push({ authconfig: { username: "", password: "", serveraddress: "" } });
      await followEvents(docker, stream, () => undefined);
      return;
    } catch (caught) {
      if (Date.now() > deadlineMs) throw caught;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
