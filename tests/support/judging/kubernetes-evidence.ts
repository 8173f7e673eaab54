import type {
  ClusterEvent,
  ClusterObject,
  ClusterState,
  KubernetesEvidence,
} from "../../../server/grading/evidence";

type Body = ClusterObject["body"];
type Labels = Readonly<Record<string, string>>;

export const object = (name: string, labels: Labels = {}, body: Body = {}): ClusterObject => ({
  name,
  namespace: "default",
  uid: `uid-${name}`,
  labels,
  isBeingDeleted: false,
  body: { ...body, metadata: { name, labels, generation: 2 } },
});

/** A pod with one container, ready unless its container waits for something. */
export function pod(name: string, labels: Labels, container: Body = {}): ClusterObject {
  const isReady = Object.keys(container).length === 0;
  return object(name, labels, {
    spec: { containers: [{ name: "web", image: "nginx:alpine", ports: [{ containerPort: 80 }] }] },
    status: {
      phase: isReady ? "Running" : "Pending",
      conditions: [{ type: "Ready", status: isReady ? "True" : "False" }],
      containerStatuses: [{ name: "web", image: "nginx:alpin", restartCount: 0, ...container }],
    },
  });
}

export const waiting = (reason: string, fields: Body = {}): Body => ({
  state: { waiting: { reason, message: `because ${reason}` } },
  ...fields,
});

/** Three wanted; the fields are its status. */
export const deployment = (status: Body, labels: Labels = { app: "web" }): ClusterObject =>
  object("web", labels, {
    spec: { replicas: 3, selector: { matchLabels: labels } },
    status: { observedGeneration: 2, replicas: 3, updatedReplicas: 3, availableReplicas: 3, ...status },
  });

export const service = (selector: Labels, targetPort = 80): ClusterObject =>
  object("web", {}, { spec: { selector, ports: [{ port: 80, targetPort }] } });

export const endpoints = (name: string, count: number): ClusterObject =>
  object(
    name,
    {},
    { subsets: [{ addresses: Array.from({ length: count }, (_, i) => ({ ip: `10.0.0.${i}` })) }] },
  );

export const warning = (event: Omit<ClusterEvent, "objectUid">): ClusterEvent => ({
  ...event,
  objectUid: `uid-${event.objectName}`,
});

/** A cluster that answers and has none of what is asked for, but for `fields`. */
export const cluster = (fields: Partial<KubernetesEvidence> = {}): KubernetesEvidence => ({
  kind: "kubernetes",
  cluster: { state: "up" },
  isKindServed: true,
  isNamespaced: true,
  ...{ selected: [], others: [], otherNamespaces: [], pods: [], endpoints: [], events: [] },
  ...fields,
});

export const clusterIs = (state: ClusterState): KubernetesEvidence => cluster({ cluster: state });
