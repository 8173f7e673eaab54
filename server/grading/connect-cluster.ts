import type { SandboxAgent } from "../sandboxes/sandbox-agent";
import type { SandboxId } from "../sandboxes/sandbox";
import { createClusterReader, type ClusterReader } from "./cluster-reader";
import { readKubeconfig } from "./kubeconfig";
import { createTunnelHttp, type TunnelHttp } from "./tunnel-http";

export interface ClusterConnection {
  readonly clusterName: string;
  readonly reader: ClusterReader;
  readonly http: TunnelHttp;
  close(): void;
}

export interface ClusterTarget {
  readonly agent: Pick<SandboxAgent, "openTunnel" | "readFile">;
  readonly sandboxId: SandboxId;
  readonly connectionsMax?: number;
}

/** Where kubectl looks, and kind writes. */
const KUBECONFIG = "~/.kube/config";
const KUBECONFIG_BYTES_MAX = 256 * 1024;

/**
 * Gets ready to ask a sandbox's cluster, with the attendee's own credentials; nothing is sent to it yet. Undefined when their
 * kubeconfig leads to none. Whoever connects closes.
 *
 * @throws AppError what `SandboxAgent.readFile` throws
 */
export async function connectCluster(
  { agent, sandboxId, connectionsMax }: ClusterTarget,
  signal: AbortSignal,
): Promise<ClusterConnection | undefined> {
  const file = await agent.readFile(sandboxId, { path: KUBECONFIG, bytesMax: KUBECONFIG_BYTES_MAX }, signal);
  if (file.kind !== "file" || file.isTruncated) return undefined;
  const credentials = readKubeconfig(file.bytes.toString("utf8"));
  if (credentials === undefined) return undefined;
  const http = createTunnelHttp({
    ...{ agent, sandboxId, signal, tls: credentials.tls },
    endpoint: "kubernetes",
    ...(connectionsMax === undefined ? {} : { connectionsMax }),
  });
  const reader = await createClusterReader({ http, credentials, signal });
  return {
    clusterName: credentials.clusterName,
    reader,
    http,
    close: () => {
      http.close();
    },
  };
}
