import type { ClusterObject } from "./evidence";
import { carries, labelsAt, numberAt, objectsAt, textAt, textsAt } from "./object-fields";

/** Whether an object does its work, and what was seen, as the end of a sentence that begins with its name. */
export interface Readiness {
  readonly isReady: boolean;
  readonly seen: string;
}

/** What else of the namespace an object's readiness depends on. */
export interface Surroundings {
  readonly pods: readonly ClusterObject[];
  readonly endpoints: readonly ClusterObject[];
}

/**
 * What "ready" means, kind by kind:
 * pod: its condition Ready · deployment, replica set, stateful set: as many available as asked for, of the newest template, none
 * of an older one · daemon set: one on every node that is meant · job: complete · service: at least one pod behind it ·
 * ingress: a pod behind every service that it names · volume claim: bound · namespace: active · any other: its condition
 * Ready or Available, and simply being there when it has neither.
 */
export function readinessOf(objectKind: string, object: ClusterObject, around: Surroundings): Readiness {
  if (object.isBeingDeleted) return no("is being deleted");
  const read = READINESS[objectKind];
  return read === undefined ? readConditions(object) : read(object, around);
}

/** The addresses behind a service. */
export function addressCountOf(service: string, endpoints: readonly ClusterObject[]): number {
  const found = endpoints.find(({ name }) => name === service);
  return found === undefined ? 0 : objectsAt(found.body, "subsets[*].addresses[*]").length;
}

type Read = (object: ClusterObject, around: Surroundings) => Readiness;

const yes = (seen: string): Readiness => ({ isReady: true, seen });
const no = (seen: string): Readiness => ({ isReady: false, seen });

const READINESS: Readonly<Record<string, Read | undefined>> = {
  Pod: readPod,
  Deployment: (object) => readReplicas(object, "availableReplicas"),
  ReplicaSet: (object) => readReplicas(object, "availableReplicas"),
  StatefulSet: (object) => readReplicas(object, "readyReplicas"),
  DaemonSet: readDaemonSet,
  Job: readJob,
  Service: readService,
  Ingress: readIngress,
  PersistentVolumeClaim: (object) => readPhase(object, ["Bound"]),
  PersistentVolume: (object) => readPhase(object, ["Bound", "Available"]),
  Namespace: (object) => readPhase(object, ["Active"]),
};

function conditionOf({ body }: ClusterObject, type: string): string | undefined {
  return textAt(body, `status.conditions[type=${type}].status`);
}

function readPod(pod: ClusterObject): Readiness {
  const phase = textAt(pod.body, "status.phase") ?? "Unknown";
  if (conditionOf(pod, "Ready") === "True") return yes("is running and ready");
  if (phase === "Succeeded") return no("has come to its end");
  return no(phase === "Running" ? "is running but not ready" : `is ${phase.toLowerCase()}`);
}

function readReplicas({ body }: ClusterObject, available: string): Readiness {
  const wanted = numberAt(body, "spec.replicas", 1);
  const ready = numberAt(body, `status.${available}`);
  const total = numberAt(body, "status.replicas");
  const isSeen = numberAt(body, "status.observedGeneration") >= numberAt(body, "metadata.generation");
  const seen = `has ${ready} of ${wanted} pods ready`;
  if (!isSeen) return no(`${seen}, and the cluster has not taken note of its last change yet`);
  // A replica set knows no template but its own and counts none as updated.
  const updated = numberAt(body, "status.updatedReplicas", total);
  if (updated < wanted || total > wanted) {
    return no(`${seen}, with ${Math.min(updated, wanted)} of ${wanted} brought up to date`);
  }
  return ready >= wanted ? yes(seen) : no(seen);
}

function readDaemonSet({ body }: ClusterObject): Readiness {
  const wanted = numberAt(body, "status.desiredNumberScheduled");
  const ready = numberAt(body, "status.numberReady");
  const updated = numberAt(body, "status.updatedNumberScheduled");
  const isSeen = numberAt(body, "status.observedGeneration") >= numberAt(body, "metadata.generation");
  const seen = `is ready on ${ready} of ${wanted} nodes`;
  return isSeen && wanted > 0 && ready >= wanted && updated >= wanted ? yes(seen) : no(seen);
}

function readJob(job: ClusterObject): Readiness {
  if (conditionOf(job, "Complete") === "True") return yes("has finished");
  if (conditionOf(job, "Failed") === "True") {
    return no(`has failed after ${numberAt(job.body, "status.failed")} tries`);
  }
  return no(numberAt(job.body, "status.active") > 0 ? "is still at work" : "has not finished");
}

function readService({ name, body }: ClusterObject, { endpoints, pods }: Surroundings): Readiness {
  if (textAt(body, "spec.type") === "ExternalName") return yes("points outside the cluster");
  const count = addressCountOf(name, endpoints);
  if (count === 0) return no("reaches no pod");
  const seen = `reaches ${count === 1 ? "1 pod" : `${count} pods`}`;
  const closed = closedPortOf(body, pods);
  return yes(closed === undefined ? seen : `${seen}, on port ${closed}, which none of them says it opens`);
}

/** A port that the service sends to although its pods name others; pods that name none are believed. */
function closedPortOf(service: ClusterObject["body"], pods: readonly ClusterObject[]): number | undefined {
  const selector = labelsAt(service, "spec.selector");
  const ports = pods
    .filter(({ labels }) => carries(labels, selector))
    .flatMap(({ body }) => objectsAt(body, "spec.containers[*].ports[*]"))
    .map((port) => numberAt(port, "containerPort"));
  const targets = objectsAt(service, "spec.ports[*]").map((port) => numberAt(port, "targetPort"));
  return ports.length === 0 ? undefined : targets.find((target) => target !== 0 && !ports.includes(target));
}

function readIngress({ body }: ClusterObject, { endpoints }: Surroundings): Readiness {
  const services = [
    ...textsAt(body, "spec.rules[*].http.paths[*].backend.service.name"),
    ...textsAt(body, "spec.defaultBackend.service.name"),
  ];
  const dead = services.find((service) => addressCountOf(service, endpoints) === 0);
  if (services.length === 0) return no("names no service");
  return dead === undefined
    ? yes(`leads to ${[...new Set(services)].join(", ")}`)
    : no(`leads to the service ${dead}, which reaches no pod`);
}

function readPhase({ body }: ClusterObject, fine: readonly string[]): Readiness {
  const phase = textAt(body, "status.phase") ?? "Pending";
  const seen = `is ${phase.toLowerCase()}`;
  return fine.includes(phase) ? yes(seen) : no(seen);
}

function readConditions(object: ClusterObject): Readiness {
  for (const type of ["Ready", "Available"]) {
    const status = conditionOf(object, type);
    if (status !== undefined) {
      const word = type.toLowerCase();
      return status === "True" ? yes(`is ${word}`) : no(`is not ${word}`);
    }
  }
  return yes("is there");
}
