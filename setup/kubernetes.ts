import { parseConfig } from "../server/platform/config";
import { writePreparation } from "../server/sandboxes/drivers/docker/profile-templates";
import { ensureClusterTemplate, hasClusterTemplate } from "./cluster-templates";
import type { EnsureImagesOptions } from "./ensure-images";
import { ensureKindNodeImage, findKindNodeImage, type NodeSource } from "./kind-node-image";
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

/** True when `ensureKubernetes` would have nothing to do. Takes a fraction of a second and asks no registry. */
export async function isKubernetesPrepared(options: EnsureImagesOptions): Promise<boolean> {
  const { kubernetesNode: source, volumesFolder } = parseConfig(process.env).sandbox;
  if (source === "none") return false;
  const quiet = { ...options, volumesFolder, report: () => undefined };
  const nodeImage = await findKindNodeImage(quiet, source);
  if (nodeImage === undefined) return false;
  for (const profile of CLUSTER_PROFILES)
    if (!(await hasClusterTemplate({ ...quiet, nodeImage, profile }))) return false;
  return true;
}

async function prepare(
  options: EnsureImagesOptions & { readonly volumesFolder: string },
  source: NodeSource,
): Promise<void> {
  const nodeImage = await stage("kind node", (report) => ensureKindNodeImage({ ...options, report }, source));
  for (const profile of CLUSTER_PROFILES)
    await stage("cluster", (report) => ensureClusterTemplate({ ...options, nodeImage, profile, report }));
}
