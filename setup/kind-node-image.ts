import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type Docker from "dockerode";
import { z } from "zod";
import { pull } from "./base-image";
import { findImage } from "./build-image";
import { dockerClient } from "./docker-client";
import { archiveOf } from "./image-archive";
import { hashContext, readContext, readContextFile } from "./image-context";
import { ensureImage, forgetOthers, type ImageOptions, type ImageSource } from "./images";
import { SetupProblem } from "./setup-problem";

const REPOSITORY = "slipway/kind-node";
/** Folders of `sandbox-images` that a node is made from, of either kind. */
const NODE_FOLDERS = ["kubernetes", "cluster-addons", "cluster-images", "kind-node", "kind-node-official"];
const OFFICIAL_REPOSITORY = "slipway/kind-node-official";

/** Whether a tag that `ensureKindNodeImage` answered is of ours, whose Kubernetes is 1.20. */
export function isDebianKindNode(tag: string): boolean {
  return tag.startsWith(`${REPOSITORY}:`);
}

/** What nodes of this tag run and where they come from, for people. */
export async function describeKindNode(root: string, tag: string): Promise<string> {
  if (isDebianKindNode(tag))
    return `Kubernetes ${KUBERNETES_VERSION}, on our own node built from Debian's source`;
  const official = await readOfficialReference(root);
  const version = /:([^@]+)/.exec(official)?.[1] ?? "of an unknown version";
  return `Kubernetes ${version}, on the official kindest/node`;
}

export type NodeSource = "auto" | "official" | "debian";

/**
 * Makes the engine have a node image for kind: the official one where a registry answers, else ours from Debian's source, unless
 * `source` insists on one of them. Answers its tag.
 *
 * @throws SetupProblem
 */
export async function ensureKindNodeImage(options: ImageOptions, source: NodeSource): Promise<string> {
  const known = await findKindNodeImage(options, source);
  if (known !== undefined) return known;
  const tag = await makeKindNodeImage(options, source);
  await writeStamp(stampOf(options), { inputs: await inputsOf(options, source), tag });
  return tag;
}

/** The node image of this checkout, if the engine has it; asks no registry. */
export async function findKindNodeImage(
  options: ImageOptions,
  source: NodeSource,
): Promise<string | undefined> {
  const stamp = await readStamp(stampOf(options));
  if (stamp === undefined || stamp.inputs !== (await inputsOf(options, source))) return undefined;
  const isThere = (await findImage(dockerClient(options.dockerHost), stamp.tag)) !== undefined;
  return isThere ? stamp.tag : undefined;
}

/** Which image was made last, and the hash of what it was made from. */
const stampSchema = z.object({ inputs: z.string(), tag: z.string() }).readonly();
type NodeStamp = z.infer<typeof stampSchema>;

function stampOf({ dataFolder }: ImageOptions): string {
  return path.join(dataFolder, "cache", "kind-node.json");
}

/** Undefined for a stamp that is absent, or that a full disk or a kill has spoilt: the image is then looked for anew. */
async function readStamp(file: string): Promise<NodeStamp | undefined> {
  try {
    return stampSchema.safeParse(JSON.parse(await readFile(file, "utf8"))).data;
  } catch {
    return undefined;
  }
}

/** Under another name until it is whole. */
async function writeStamp(file: string, stamp: NodeStamp): Promise<void> {
  const draft = `${file}.new`;
  await mkdir(path.dirname(file), { recursive: true });
  try {
    await writeFile(draft, JSON.stringify(stamp));
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

async function inputsOf({ root }: ImageOptions, source: NodeSource): Promise<string> {
  const contexts = await Promise.all(
    NODE_FOLDERS.map((name) => readContext(path.join(root, "sandbox-images", name), name)),
  );
  const { narrow } = sharedFiles(root);
  return hashContext([...contexts.flat(), ...(await readContextFile(narrow, "runc-narrow"))], [source]);
}

async function makeKindNodeImage(options: ImageOptions, source: NodeSource): Promise<string> {
  if (source === "debian") return ensureDebianKindNode(options);
  const docker = dockerClient(options.dockerHost, BAKE_SILENCE_MS_MAX);
  const official = await readOfficialReference(options.root);
  const isThere =
    (await findImage(docker, official)) !== undefined || (await pull(docker, official, options.report));
  if (isThere) return ensureOfficialKindNode(options);
  if (source === "official")
    throw new SetupProblem(
      `No registry gives ${official}.`,
      "Connect this machine, load that image into the engine, or unset KUBERNETES_NODE to have one built from Debian's source.",
    );
  options.report("no registry answers: the node is built from Debian's source of Kubernetes");
  return ensureDebianKindNode(options);
}

/** The official node that this checkout pins: name, version and digest. */
async function readOfficialReference(root: string): Promise<string> {
  const dockerfile = await readFile(path.join(officialFolder(root), "Dockerfile"), "utf8");
  return /^FROM (\S+)$/m.exec(dockerfile)?.[1] ?? "";
}

function officialFolder(root: string): string {
  return path.join(root, "sandbox-images/kind-node-official");
}

async function ensureOfficialKindNode(options: ImageOptions): Promise<string> {
  const folder = officialFolder(options.root);
  const { narrow, certificates } = sharedFiles(options.root);
  const more = [
    ...(await readContextFile(narrow, "runc-narrow")),
    ...(await readContext(certificates, "certs.d")),
  ];
  return ensureImage(options, { repository: OFFICIAL_REPOSITORY, suite: "bookworm", folder, more });
}

/** What both kinds of node have from elsewhere in the checkout. */
function sharedFiles(root: string) {
  return {
    narrow: path.join(root, "sandbox-images/sandbox/rootfs/opt/slipway/runc-narrow"),
    certificates: path.join(root, "sandbox-images/kind-node/rootfs/etc/containerd/certs.d"),
  };
}

/** The version in Debian's source package; the image says it in `/kind/version`. */
const KUBERNETES_VERSION = "v1.20.2";
/** Stages of `cluster-images`, and the names under which kubeadm 1.20 and our manifests ask for each. */
const CLUSTER_IMAGES: Readonly<Record<string, readonly string[]>> = {
  cluster: [
    `k8s.gcr.io/kube-controller-manager:${KUBERNETES_VERSION}`,
    `k8s.gcr.io/kube-scheduler:${KUBERNETES_VERSION}`,
    `k8s.gcr.io/kube-proxy:${KUBERNETES_VERSION}`,
    "k8s.gcr.io/etcd:3.4.13-0",
    "k8s.gcr.io/pause:3.2",
    "registry:5000/slipway/cluster-addons:v1",
  ],
  "api-server": [`k8s.gcr.io/kube-apiserver:${KUBERNETES_VERSION}`],
  dns: ["k8s.gcr.io/coredns:1.7.0"],
};
const BAKE_SILENCE_MS_MAX = 5 * 60_000;
/** What mounting and unpacking need, on top of the engine's defaults. */
const BAKE_CAPABILITIES = ["SYS_ADMIN", "MKNOD", "SYS_CHROOT"];

/**
 * Makes the engine have a node image for kind that is built from Debian's packages and Debian's source of Kubernetes; answers its
 * tag. The compile takes minutes, once: its result is kept in the data folder's cache.
 *
 * @throws SetupProblem
 */
async function ensureDebianKindNode(options: ImageOptions): Promise<string> {
  const docker = dockerClient(options.dockerHost, BAKE_SILENCE_MS_MAX);
  const folderOf = (name: string): string => path.join(options.root, "sandbox-images", name);
  const build = (name: string, source: Partial<ImageSource>): Promise<string> =>
    ensureImage(options, {
      ...{ repository: `slipway/${name}`, suite: "bookworm", folder: folderOf(name) },
      ...source,
    });
  const KUBERNETES_IMAGE = await build("kubernetes", archiveOf(options.dataFolder, "kubernetes"));
  const CLUSTER_ADDONS_IMAGE = await build("cluster-addons", { buildArgs: { KUBERNETES_IMAGE } });
  const buildArgs = { KUBERNETES_IMAGE, CLUSTER_ADDONS_IMAGE };
  const images: Record<string, readonly string[]> = {};
  for (const [target, names] of Object.entries(CLUSTER_IMAGES)) {
    const folder = folderOf("cluster-images");
    const repository = target === "cluster" ? "slipway/cluster" : `slipway/cluster-${target}`;
    images[await build(target, { repository, folder, buildArgs, target })] = names;
  }
  const base = await build("kind-node-base", {
    folder: folderOf("kind-node"),
    more: await readContextFile(sharedFiles(options.root).narrow, "runc-narrow"),
    buildArgs: { KUBERNETES_IMAGE },
  });
  const tag = `${REPOSITORY}:${hashOf([base, images])}`;
  if ((await findImage(docker, tag)) === undefined) {
    options.report("putting the control plane's images into the node image");
    await bakeImages(docker, { base, tag, images });
  }
  await docker.getImage(tag).tag({ repo: REPOSITORY, tag: "current" });
  await forgetOthers(docker, REPOSITORY, tag);
  return tag;
}

interface Bake {
  readonly base: string;
  readonly tag: string;
  /** Image of the engine → its names in the node. */
  readonly images: Readonly<Record<string, readonly string[]>>;
}

/** A build cannot mount, so this is done in a container, which becomes the image. */
async function bakeImages(docker: Docker, { base, tag, images }: Bake): Promise<void> {
  const container = await docker.createContainer({
    Image: base,
    Entrypoint: ["/usr/local/bin/bake-images"],
    Cmd: Object.entries(images).map(([image, names]) => `${image}=${names.join(",")}`),
    Volumes: { "/bake": {} },
    OpenStdin: true,
    StdinOnce: true,
    HostConfig: {
      NetworkMode: "none",
      CapAdd: BAKE_CAPABILITIES,
      SecurityOpt: ["seccomp=unconfined", "apparmor=unconfined"],
    },
  });
  try {
    const stdin = await container.attach({ stream: true, stdin: true, hijack: true });
    await container.start();
    const archive = await saveImages(docker, Object.keys(images));
    archive.pipe(stdin);
    const { StatusCode } = (await container.wait()) as { StatusCode: number };
    if (StatusCode !== 0)
      throw new SetupProblem(await bakeFailure(container), "Run this again; if it stays, please report it.");
    const [repo, version] = tag.split(":");
    await container.commit({
      repo,
      tag: version,
      changes: 'ENTRYPOINT ["/usr/local/bin/entrypoint","/sbin/init"]\nCMD []',
    });
  } finally {
    await container.remove({ force: true, v: true }).catch(() => undefined);
  }
}

function saveImages(docker: Docker, names: readonly string[]): Promise<NodeJS.ReadableStream> {
  const query = names.map((name) => `names=${encodeURIComponent(name)}`).join("&");
  return new Promise((resolve, reject) => {
    docker.modem.dial(
      // The client cuts the last character off a path with a query and no options.
      { path: `/images/get?${query}&`, method: "GET", isStream: true, statusCodes: { 200: true } },
      (error: Error | null, stream: unknown) => {
        if (error) reject(error);
        else resolve(stream as NodeJS.ReadableStream);
      },
    );
  });
}

async function bakeFailure(container: Docker.Container): Promise<string> {
  const said = (await container.logs({ stdout: true, stderr: true, tail: 15 })).toString("utf8");
  return `The control plane's images could not be put into the node image:\n${said}`;
}

function hashOf(inputs: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 16);
}
