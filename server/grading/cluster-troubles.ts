import type { ClusterEvent, ClusterObject, KubernetesEvidence } from "./evidence";
import { excerptOf, failed, type Judgement } from "./judgement";
import { carries, labelsAt, numberAt, objectsAt, selectorText, textAt } from "./object-fields";

type KubernetesJudgement = Judgement<"kubernetes">;

/** Restarts after which a program is not merely waiting for its database. */
const RESTARTS_MAX = 3;

/** Why an object is not ready, from its pods and from what the cluster said of them last; undefined when neither tells. */
export function findTrouble(
  objectKind: string,
  object: ClusterObject,
  evidence: KubernetesEvidence,
): KubernetesJudgement | undefined {
  if (objectKind === "Service") return findServiceTrouble(object, evidence);
  const pods = podsOf(objectKind, object, evidence.pods);
  for (const pod of pods) {
    const trouble = troubleOfPod(pod);
    if (trouble !== undefined) return trouble;
  }
  return undefined;
}

/** What the cluster last warned of about an object or its pods, in a sentence; undefined when it has not. */
export function lastWarning(
  objectKind: string,
  object: ClusterObject,
  { pods, events }: KubernetesEvidence,
): string | undefined {
  const uids = new Set([object, ...podsOf(objectKind, object, pods)].map(({ uid }) => uid));
  const about = events.filter(
    (event) =>
      uids.has(event.objectUid) ||
      // A deployment's replica sets are called after it, and it is of them that a refusal to make pods is told.
      (objectKind !== "Pod" && event.objectName.startsWith(`${object.name}-`)),
  );
  const last = about.reduce<ClusterEvent | undefined>(
    (latest, event) => (latest === undefined || event.atMs >= latest.atMs ? event : latest),
    undefined,
  );
  if (last === undefined) return undefined;
  const meaning = EVENT_WORDS[last.reason] ?? "The cluster warns";
  return `${meaning} (${last.objectName}): ${excerptOf(last.message, 240)}`;
}

/** The warnings that attendees meet, said as what they mean. */
const EVENT_WORDS: Readonly<Record<string, string | undefined>> = {
  FailedScheduling: "No node can take the pod",
  Failed: "The container could not be started",
  BackOff: "The cluster waits longer before each new try",
  Unhealthy: "A probe finds the container unwell",
  FailedMount: "A volume could not be mounted",
  FailedAttachVolume: "A volume could not be attached",
  FailedCreate: "A pod could not be made",
  FailedCreatePodSandBox: "The node could not prepare the pod",
  ProvisioningFailed: "No volume could be made for the claim",
  Evicted: "The node threw the pod out",
  NodeNotReady: "The pod's node does not answer",
  BackoffLimitExceeded: "The job has given up",
  DeadlineExceeded: "It took longer than it may",
};

function podsOf(
  objectKind: string,
  object: ClusterObject,
  pods: readonly ClusterObject[],
): readonly ClusterObject[] {
  if (objectKind === "Pod") return pods.filter(({ uid }) => uid === object.uid);
  const selector = labelsAt(
    object.body,
    objectKind === "Service" ? "spec.selector" : "spec.selector.matchLabels",
  );
  if (Object.keys(selector).length === 0) return [];
  return pods.filter((pod) => !pod.isBeingDeleted && carries(pod.labels, selector));
}

function troubleOfPod(pod: ClusterObject): KubernetesJudgement | undefined {
  const unscheduled = objectsAt(pod.body, "status.conditions[type=PodScheduled]").find(
    (condition) => textAt(condition, "reason") === "Unschedulable",
  );
  if (unscheduled !== undefined) {
    const why = excerptOf(textAt(unscheduled, "message") ?? "", 200);
    return {
      ...failed<"kubernetes">(
        "unschedulable",
        `No node can take the pod ${pod.name}: ${why || "no reason given"}`,
      ),
      hint: "Compare what the pod asks for (resources, node selector) with what kubectl describe nodes says is left.",
      isFinal: true,
    };
  }
  const containers = objectsAt(pod.body, "status.containerStatuses[*]");
  for (const container of containers) {
    const trouble = troubleOfContainer(pod, container);
    if (trouble !== undefined) return trouble;
  }
  const node = textAt(pod.body, "spec.nodeName");
  const isUnnoticed = textAt(pod.body, "status.phase") === "Pending" && containers.length === 0;
  return node !== undefined && isUnnoticed ? unnoticedOn(node, pod) : undefined;
}

/** For a moment that is every pod; for longer it is those of a node whose kubelet does not work. */
function unnoticedOn(node: string, { name }: ClusterObject): KubernetesJudgement {
  return {
    ...failed<"kubernetes">(
      "not-ready",
      `Pod ${name} is to run on the node ${node}, which has not begun with it.`,
    ),
    hint: `If it stays so, the node's kubelet has stopped: docker exec ${node} systemctl start kubelet.`,
  };
}

const PULL_REASONS = ["ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull"];

function troubleOfContainer(
  pod: ClusterObject,
  container: ClusterObject["body"],
): KubernetesJudgement | undefined {
  const waiting = textAt(container, "state.waiting.reason") ?? "";
  const image = excerptOf(textAt(container, "image") ?? "its image", 120);
  if (PULL_REASONS.includes(waiting)) {
    return {
      ...failed<"kubernetes">("image-pull", `Pod ${pod.name} cannot get its image ${image} (${waiting}).`),
      hint: `No registry gave ${image}. Look at the name and the tag, letter by letter.`,
      // The first refusal may be a registry that is busy.
      isFinal: waiting !== "ErrImagePull",
    };
  }
  const restarts = numberAt(container, "restartCount");
  if (waiting === "CrashLoopBackOff") {
    const exitCode = numberAt(container, "lastState.terminated.exitCode");
    return {
      ...failed<"kubernetes">(
        "crash-loop",
        `The program in pod ${pod.name} has ended ${restarts} times, last with exit code ${exitCode}.`,
      ),
      hint: `kubectl logs ${pod.name} --previous shows what it said before it ended.`,
      isFinal: restarts >= RESTARTS_MAX,
    };
  }
  if (waiting === "CreateContainerConfigError" || waiting === "CreateContainerError") {
    const why = excerptOf(textAt(container, "state.waiting.message") ?? waiting, 200);
    return {
      ...failed<"kubernetes">("not-ready", `Pod ${pod.name} cannot be started: ${why}`),
      hint: `kubectl describe pod ${pod.name} says more at its end.`,
    };
  }
  return undefined;
}

function findServiceTrouble(
  service: ClusterObject,
  { pods }: KubernetesEvidence,
): KubernetesJudgement | undefined {
  const selector = labelsAt(service.body, "spec.selector");
  const wanted = selectorText(selector);
  const none = (seen: string, hint: string): KubernetesJudgement => ({
    ...failed<"kubernetes">("no-endpoints", `Service ${service.name} reaches no pod: ${seen}`),
    hint,
  });
  if (wanted === "") {
    return none("it has no selector.", "spec.selector says which pods it sends to, by their labels.");
  }
  const live = pods.filter(({ isBeingDeleted }) => !isBeingDeleted);
  const chosen = live.filter(({ labels }) => carries(labels, selector));
  const [first] = chosen;
  if (first !== undefined) {
    const trouble = chosen.map(troubleOfPod).find((each) => each !== undefined);
    if (trouble !== undefined) return trouble;
    const isReady = textAt(first.body, "status.conditions[type=Ready].status") === "True";
    return isReady
      ? none(
          `pod ${first.name} fits its selector and is ready, so the port is the odd one.`,
          "A targetPort that is a name has to be the name of a port of the container.",
        )
      : none(
          `pod ${first.name} fits its selector but is not ready.`,
          `See kubectl describe pod ${first.name}.`,
        );
  }
  const near = live.find(({ labels }) => nearMissOf(labels, selector) !== undefined);
  const nearLabel = near === undefined ? undefined : nearMissOf(near.labels, selector);
  if (near !== undefined && nearLabel !== undefined) {
    return none(
      `it wants ${wanted}, and the label of pod ${near.name} is ${nearLabel}.`,
      "The service's selector and the pods' labels have to be the same, letter by letter.",
    );
  }
  return none(
    `no pod has the label ${wanted}.`,
    "Is there a pod at all? kubectl get pods --show-labels tells.",
  );
}

/** The label by which `labels` misses `wanted`: a key of it with another value, or the value under another key. */
export function nearMissOf(
  labels: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): string | undefined {
  for (const [key, value] of Object.entries(wanted)) {
    const found = labels[key];
    if (found !== undefined && found !== value) return `${key}=${found}`;
    const elsewhere = Object.entries(labels).find((entry) => entry[0] !== key && entry[1] === value);
    if (found === undefined && elsewhere !== undefined) return `${elsewhere[0]}=${value}`;
  }
  return undefined;
}
