import { parseConfig } from "../server/platform/config";
import { writePreparation } from "../server/sandboxes/drivers/docker/profile-templates";
import { ensureClusterTemplate, hasClusterTemplate } from "./cluster-templates";
import type { EnsureImagesOptions } from "./ensure-images";
import { describeKindNode, ensureKindNodeImage, findKindNodeImage, type NodeSource } from "./kind-node-image";
import { stage } from "./progress";

const CLUSTER_PROFILES = ["kubernetes", "kubernetes-multinode"] as const;

/**
 * Makes this machine able to start sandboxes of every Kubernetes profile: the node image, then a template a profile. Minutes the
 * first time, a second when all is there. What stands in the way is kept for the running platform to say. Nothing where Kubernetes is
 * switched off.
 *
 * @throws SetupProblem
 */
export async function ensureKubernetes(options: EnsureImagesOptions): Promise<void> {
  const { kubernetesNode: source, volumesFolder } = parseConfig(process.env).sandbox;
  if (source === "none") return;
  await writePreparation(volumesFolder, { state: "preparing", byPid: process.pid });
  try {
    await prepare({ ...options, volumesFolder }, source);
  } catch (caught) {
    const reason = caught instanceof Error ? (caught.message.split("\n")[0] ?? "") : String(caught);
    await writePreparation(volumesFolder, { state: "unavailable", reason });
    throw caught;
  }
}

/**
 * What the prepared clusters run, for people; undefined when `ensureKubernetes` has something to do, or when Kubernetes is switched
 * off. Takes a fraction of a second and asks no registry.
 */
export async function describePreparedKubernetes(options: EnsureImagesOptions): Promise<string | undefined> {
  const { kubernetesNode: source, volumesFolder } = parseConfig(process.env).sandbox;
  if (source === "none") return undefined;
  const quiet = { ...options, volumesFolder, report: () => undefined };
  const nodeImage = await findKindNodeImage(quiet, source);
  if (nodeImage === undefined) return undefined;
  for (const profile of CLUSTER_PROFILES)
    if (!(await hasClusterTemplate({ ...quiet, nodeImage, profile }))) return undefined;
  return describeKindNode(options.root, nodeImage);
}

async function prepare(
  options: EnsureImagesOptions & { readonly volumesFolder: string },
  source: NodeSource,
): Promise<void> {
  const nodeImage = await stage("kind node", async (report) => {
    const tag = await ensureKindNodeImage({ ...options, report }, source);
    report(await describeKindNode(options.root, tag));
    return tag;
  });
  for (const profile of CLUSTER_PROFILES)
    await stage("cluster", (report) => ensureClusterTemplate({ ...options, nodeImage, profile, report }));
}
