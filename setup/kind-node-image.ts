import { createHash } from "node:crypto";
import path from "node:path";
import type Docker from "dockerode";
import { findImage } from "./build-image";
import { dockerClient } from "./docker-client";
import { archiveOf } from "./image-archive";
import { readContextFile } from "./image-context";
import { ensureImage, forgetOthers, type ImageOptions, type ImageSource } from "./images";
import { SetupProblem } from "./setup-problem";

const REPOSITORY = "slipway/kind-node";
/** Names under which kubeadm 1.20 and our manifests ask for what the cluster image holds. */
const CLUSTER_NAMES = (version: string): readonly string[] => [
  ...["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"].map(
    (program) => `k8s.gcr.io/${program}:${version}`,
  ),
  "k8s.gcr.io/etcd:3.4.13-0",
  "k8s.gcr.io/pause:3.2",
  "registry:5000/slipway/cluster-addons:v1",
];
const DNS_NAMES = ["k8s.gcr.io/coredns:1.7.0"];
/** The version in Debian's source package; the image says it in `/kind/version`. */
const KUBERNETES_VERSION = "v1.20.2";
const BAKE_SILENCE_MS_MAX = 5 * 60_000;
/** What mounting and unpacking need, on top of the engine's defaults. */
const BAKE_CAPABILITIES = ["SYS_ADMIN", "MKNOD", "SYS_CHROOT"];

/**
 * Makes the engine have a node image for kind that is built from Debian's packages and Debian's source of Kubernetes; answers its
 * tag. The compile takes minutes, once: its result is kept in the data folder's cache.
 *
 * @throws SetupProblem
 */
export async function ensureDebianKindNode(options: ImageOptions): Promise<string> {
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
  const folder = folderOf("cluster-images");
  const cluster = await build("cluster", { folder, buildArgs, target: "cluster" });
  const dns = await build("cluster-dns", { folder, buildArgs, target: "dns" });
  const narrow = path.join(folderOf("sandbox"), "rootfs/opt/slipway/runc-narrow");
  const base = await build("kind-node-base", {
    folder: folderOf("kind-node"),
    more: await readContextFile(narrow, "runc-narrow"),
    buildArgs: { KUBERNETES_IMAGE },
  });
  const images = { [cluster]: CLUSTER_NAMES(KUBERNETES_VERSION), [dns]: DNS_NAMES };
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
      { path: `/images/get?${query}`, method: "GET", isStream: true, statusCodes: { 200: true } },
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
