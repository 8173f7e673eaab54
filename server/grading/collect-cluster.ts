import type { CheckOf } from "../labs/check";
import { abortWithin } from "../platform/abort-signals";
import { AppError, isAppError } from "../platform/errors";
import type { SandboxAgent } from "../sandboxes/sandbox-agent";
import type { SandboxId } from "../sandboxes/sandbox";
import { connectCluster, type ClusterConnection } from "./connect-cluster";
import type { ClusterListing, ClusterQuery, ServedKind } from "./cluster-reader";
import { diagnoseCluster } from "./diagnose-cluster";
import type {
  ClusterEvent,
  ClusterObject,
  ClusterState,
  ContainerFacts,
  KubernetesEvidence,
} from "./evidence";
import { carries, textAt } from "./object-fields";

type KubernetesCheck = CheckOf<"kubernetes">;

export interface ClusterSnapshotOptions {
  readonly agent: Pick<SandboxAgent, "openTunnel" | "readFile" | "readHealth">;
  readonly sandboxId: SandboxId;
  readonly signal: AbortSignal;
  readonly listContainers: () => Promise<readonly ContainerFacts[]>;
}

const SELECTED_MAX = 20;
const OTHERS_MAX = 50;
/** Leaves time to find out why, when it does not answer. */
const READING_MS_MAX = 4_000;

/** One look into a sandbox's cluster. What several checks need is listed once. */
export class ClusterSnapshot {
  readonly #options: ClusterSnapshotOptions;
  readonly #signal: AbortSignal;
  readonly #listings = new Map<string, Promise<ClusterListing>>();
  #connection: Promise<ClusterConnection | undefined> | undefined;

  constructor(options: ClusterSnapshotOptions) {
    this.#options = options;
    this.#signal = abortWithin(options.signal, READING_MS_MAX);
  }

  /**
   * What `judgeKubernetes` needs. A cluster that the attendee has deleted or stopped is evidence too.
   *
   * @throws AppError when the cluster does not answer and nothing shows that the attendee did that.
   */
  async collect(check: KubernetesCheck, signal: AbortSignal): Promise<KubernetesEvidence> {
    try {
      return await this.#read(check);
    } catch (caught) {
      if (!isAppError(caught) || this.#options.signal.aborted) throw caught;
      const connection = await this.#connection?.catch(() => undefined);
      // Something is there and proves to be the cluster: whatever else it says is no sign of the attendee's hand.
      if (connection?.http.hasConnected === true) throw caught;
      const state = await diagnoseCluster(this.#options, connection?.clusterName, signal);
      if (state === undefined) throw caught;
      return withoutObjects(state);
    }
  }

  close(): void {
    void this.#connection?.then(
      (connection) => connection?.close(),
      () => undefined,
    );
  }

  async #read(check: KubernetesCheck): Promise<KubernetesEvidence> {
    this.#connection ??= connectCluster(this.#options, this.#signal);
    const connection = await this.#connection;
    if (connection === undefined) throw new AppError("sandbox.unreachable", "no cluster in the kubeconfig");
    const kind = await connection.reader.findKind(check);
    if (kind === "forbidden") return withoutObjects({ state: "forbidden" });
    if (kind === undefined) return { ...withoutObjects({ state: "up" }), isKindServed: false };
    return this.#readObjects(connection, check, kind);
  }

  async #readObjects(
    connection: ClusterConnection,
    check: KubernetesCheck,
    { isNamespaced }: ServedKind,
  ): Promise<KubernetesEvidence> {
    const { apiVersion, objectKind } = check;
    const namespace = isNamespaced ? check.namespace : undefined;
    const listing = await this.#list(connection, { apiVersion, objectKind, namespace });
    if (listing === "forbidden") return withoutObjects({ state: "forbidden" });
    if (listing === "unknown-kind") return { ...withoutObjects({ state: "up" }), isKindServed: false };
    const { objects } = listing;
    const selected = objects.filter((object) => isSelected(check, object));
    const needsSurroundings =
      namespace !== undefined && (check.state === "ready" || objectKind === "Service");
    const isMissing = selected.length === 0 && check.state !== "absent" && isNamespaced;
    const around = { apiVersion: "v1", namespace };
    const [pods, endpoints, events, everywhere] = await Promise.all([
      needsSurroundings ? this.#listObjects(connection, { ...around, objectKind: "Pod" }) : [],
      needsSurroundings ? this.#listObjects(connection, { ...around, objectKind: "Endpoints" }) : [],
      needsSurroundings
        ? this.#listObjects(connection, { ...around, objectKind: "Event", fieldSelector: "type=Warning" })
        : [],
      isMissing ? this.#listObjects(connection, { apiVersion, objectKind }) : [],
    ]);
    const others = objects.filter((object) => !selected.includes(object));
    const elsewhere = everywhere.filter((object) => isSelected(check, object));
    return {
      ...withoutObjects({ state: "up" }),
      isNamespaced,
      selected: selected.slice(0, SELECTED_MAX),
      others: others.slice(0, OTHERS_MAX).map(({ name, labels }) => ({ name, labels })),
      otherNamespaces: [...new Set(elsewhere.map((object) => object.namespace))].slice(0, OTHERS_MAX),
      ...{ pods, endpoints, events: events.map(eventOf) },
    };
  }

  /** What may not be listed is as good as none: it only explains. */
  async #listObjects(connection: ClusterConnection, query: ClusterQuery): Promise<readonly ClusterObject[]> {
    const listing = await this.#list(connection, query);
    return typeof listing === "string" ? [] : listing.objects;
  }

  #list({ reader }: ClusterConnection, query: ClusterQuery): Promise<ClusterListing> {
    const key = JSON.stringify([query.apiVersion, query.objectKind, query.namespace, query.fieldSelector]);
    const known = this.#listings.get(key) ?? reader.list(query);
    this.#listings.set(key, known);
    return known;
  }
}

/** With a name that one is meant, whatever its labels are. */
function isSelected({ name, labels }: KubernetesCheck, object: ClusterObject): boolean {
  return name === undefined ? carries(object.labels, labels ?? {}) : object.name === name;
}

function withoutObjects(cluster: ClusterState): KubernetesEvidence {
  return {
    kind: "kubernetes",
    cluster,
    isKindServed: true,
    isNamespaced: true,
    ...{ selected: [], others: [], otherNamespaces: [], pods: [], endpoints: [], events: [] },
  };
}

function eventOf({ body }: ClusterObject): ClusterEvent {
  const at = ["lastTimestamp", "series.lastObservedTime", "eventTime", "metadata.creationTimestamp"]
    .map((path) => Date.parse(textAt(body, path) ?? ""))
    .find((atMs) => !Number.isNaN(atMs));
  return {
    objectName: textAt(body, "involvedObject.name") ?? "",
    objectUid: textAt(body, "involvedObject.uid") ?? "",
    reason: textAt(body, "reason") ?? "",
    message: textAt(body, "message") ?? "",
    atMs: at ?? 0,
  };
}
