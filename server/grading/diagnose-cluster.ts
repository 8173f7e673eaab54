import type { SandboxAgent } from "../sandboxes/sandbox-agent";
import type { SandboxId } from "../sandboxes/sandbox";
import type { ClusterState, ContainerFacts } from "./evidence";

export interface DiagnoseClusterOptions {
  readonly agent: Pick<SandboxAgent, "readHealth">;
  readonly sandboxId: SandboxId;
  readonly listContainers: () => Promise<readonly ContainerFacts[]>;
}

/** How kind marks its nodes, and what it calls the cluster of one in a kubeconfig. */
const ROLE_LABEL = "io.x-k8s.kind.role";
const CLUSTER_LABEL = "io.x-k8s.kind.cluster";
const CLUSTER_PREFIX = "kind-";

/**
 * Why the cluster that the kubeconfig calls `clusterName` (undefined: it leads to none) cannot be asked, where that is the
 * attendee's doing: its control plane is not there, stopped or paused, and nothing is starting. Undefined where it is, or may be,
 * ours: the node runs and does not answer, the engine is down.
 */
export async function diagnoseCluster(
  { agent, sandboxId, listContainers }: DiagnoseClusterOptions,
  clusterName: string | undefined,
  signal: AbortSignal,
): Promise<Exclude<ClusterState, { state: "up" }> | undefined> {
  const health = await agent.readHealth(sandboxId, signal).catch(() => undefined);
  if (health?.engine !== "up" || health.cluster === "starting") return undefined;
  const containers = await listContainers().catch(() => undefined);
  return containers === undefined ? undefined : stateOfNodes(containers, clusterName);
}

function stateOfNodes(
  containers: readonly ContainerFacts[],
  clusterName: string | undefined,
): Exclude<ClusterState, { state: "up" }> | undefined {
  const kindName =
    clusterName?.startsWith(CLUSTER_PREFIX) === true ? clusterName.slice(CLUSTER_PREFIX.length) : undefined;
  const nodes = containers.filter(
    ({ labels }) =>
      labels[ROLE_LABEL] === "control-plane" &&
      (kindName === undefined || labels[CLUSTER_LABEL] === kindName),
  );
  const [first] = nodes;
  if (first === undefined) return { state: "gone" };
  if (clusterName === undefined) return { state: "unreferenced" };
  if (nodes.some(({ state }) => state === "running" || state === "restarting")) return undefined;
  return { state: "stopped", node: first.name, isPaused: first.state === "paused" };
}
