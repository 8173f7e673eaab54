import type { JudgeRow } from "./evidence";
import {
  cluster,
  deployment,
  endpoints,
  object,
  pod,
  service,
  waiting,
  warning,
} from "./kubernetes-evidence";

const aPod = { kind: "kubernetes", apiVersion: "v1", objectKind: "Pod" };
const webPod = { ...aPod, name: "web" };
const web = { kind: "kubernetes", apiVersion: "apps/v1", objectKind: "Deployment", name: "web" };
const webService = { kind: "kubernetes", apiVersion: "v1", objectKind: "Service", name: "web" };
const app = { app: "web" };

const ready = { state: "ready" };

/** What "ready" means, and why something is not. */
export const READINESS_ROWS: readonly JudgeRow[] = [
  {
    name: "a ready pod",
    check: { ...webPod, ...ready },
    evidence: cluster({ selected: [pod("web", app)] }),
    verdict: "passed",
    seen: "Pod web is running and ready.",
  },
  {
    name: "an image that nobody gives",
    check: { ...webPod, ...ready },
    evidence: (() => {
      const broken = pod("web", app, waiting("ImagePullBackOff"));
      return cluster({ selected: [broken], pods: [broken] });
    })(),
    verdict: "failed",
    reason: "image-pull",
    seen: "Pod web cannot get its image nginx:alpin (ImagePullBackOff).",
    derived: "No registry gave nginx:alpin. Look at the name and the tag, letter by letter.",
    isFinal: true,
  },
  {
    name: "a program that ends at once",
    check: { ...web, ...ready },
    evidence: cluster({
      selected: [deployment({ availableReplicas: 0 })],
      pods: [
        pod(
          "web-1",
          app,
          waiting("CrashLoopBackOff", { restartCount: 4, lastState: { terminated: { exitCode: 1 } } }),
        ),
      ],
    }),
    verdict: "failed",
    reason: "crash-loop",
    seen: "Deployment web has 0 of 3 pods ready. The program in pod web-1 has ended 4 times, last with exit code 1.",
    derived: "kubectl logs web-1 --previous shows what it said before it ended.",
    isFinal: true,
  },
  {
    name: "a pod that no node takes",
    check: { ...webPod, ...ready },
    evidence: (() => {
      const condition = {
        type: "PodScheduled",
        status: "False",
        reason: "Unschedulable",
        message: "0/1 nodes.",
      };
      const stuck = object("web", app, { status: { phase: "Pending", conditions: [condition] } });
      return cluster({ selected: [stuck], pods: [stuck] });
    })(),
    verdict: "failed",
    reason: "unschedulable",
    seen: "No node can take the pod web: 0/1 nodes.",
    isFinal: true,
  },
  {
    name: "a pod of a node whose kubelet has stopped",
    check: { ...webPod, ...ready },
    evidence: (() => {
      const left = object("web", app, { spec: { nodeName: "kind-worker" }, status: { phase: "Pending" } });
      return cluster({ selected: [left], pods: [left] });
    })(),
    verdict: "failed",
    reason: "not-ready",
    seen: "Pod web is to run on the node kind-worker, which has not begun with it.",
  },
  {
    name: "a deployment whose pods were refused",
    check: { ...web, ...ready },
    evidence: cluster({
      selected: [deployment({ availableReplicas: 0 })],
      events: [
        warning({ objectName: "web-5d9c", reason: "FailedCreate", message: "exceeded quota", atMs: 5 }),
        warning({ objectName: "web-5d9c", reason: "FailedCreate", message: "older", atMs: 4 }),
        warning({ objectName: "other", reason: "BackOff", message: "not ours", atMs: 9 }),
      ],
    }),
    verdict: "failed",
    reason: "not-ready",
    seen: "Deployment web has 0 of 3 pods ready.",
    derived: "A pod could not be made (web-5d9c): exceeded quota",
  },
  {
    name: "a rollout under way",
    check: { ...web, ...ready },
    evidence: cluster({ selected: [deployment({ replicas: 4, updatedReplicas: 1 })] }),
    verdict: "failed",
    reason: "not-ready",
    seen: "Deployment web has 3 of 3 pods ready, with 1 of 3 brought up to date.",
  },
  {
    name: "a change that the cluster has not seen",
    check: { ...web, ...ready },
    evidence: cluster({ selected: [deployment({ observedGeneration: 1 })] }),
    verdict: "failed",
    reason: "not-ready",
    seen: "Deployment web has 3 of 3 pods ready, and the cluster has not taken note of its last change yet.",
  },
  {
    name: "a service with pods behind it",
    check: { ...webService, ...ready },
    evidence: cluster({ selected: [service(app)], pods: [pod("a", app)], endpoints: [endpoints("web", 1)] }),
    verdict: "passed",
    seen: "Service web reaches 1 pod.",
  },
  {
    name: "a service that knocks at a closed port",
    check: { ...webService, ...ready },
    evidence: cluster({
      selected: [service(app, 8000)],
      pods: [pod("a", app)],
      endpoints: [endpoints("web", 2)],
    }),
    verdict: "passed",
    seen: "Service web reaches 2 pods, on port 8000, which none of them says it opens.",
  },
  {
    name: "a service whose selector misses by a letter",
    check: { ...webService, ...ready },
    evidence: cluster({ selected: [service(app)], pods: [pod("a", { app: "web1" })] }),
    verdict: "failed",
    reason: "no-endpoints",
    seen: "Service web reaches no pod: it wants app=web, and the label of pod a is app=web1.",
    derived: "The service's selector and the pods' labels have to be the same, letter by letter.",
  },
  {
    name: "a service without pods",
    check: { ...webService, ...ready },
    evidence: cluster({ selected: [service(app)] }),
    verdict: "failed",
    reason: "no-endpoints",
    seen: "Service web reaches no pod: no pod has the label app=web.",
  },
  {
    name: "a service whose pods cannot start",
    check: { ...webService, ...ready },
    evidence: cluster({ selected: [service(app)], pods: [pod("a", app, waiting("ErrImagePull"))] }),
    verdict: "failed",
    reason: "image-pull",
    seen: "Service web reaches no pod. Pod a cannot get its image nginx:alpin (ErrImagePull).",
    isFinal: false,
  },
  {
    name: "a finished job",
    check: { ...aPod, apiVersion: "batch/v1", objectKind: "Job", name: "web", ...ready },
    evidence: cluster({
      selected: [object("web", {}, { status: { conditions: [{ type: "Complete", status: "True" }] } })],
    }),
    verdict: "passed",
    seen: "Job web has finished.",
  },
  {
    name: "a claim that nobody serves",
    check: { ...aPod, objectKind: "PersistentVolumeClaim", name: "web", ...ready },
    evidence: cluster({ selected: [object("web", {}, { status: { phase: "Pending" } })] }),
    verdict: "failed",
    reason: "not-ready",
    seen: "Persistent volume claim web is pending.",
  },
  {
    name: "a node that does not answer",
    check: { ...aPod, objectKind: "Node", name: "worker", ...ready },
    evidence: cluster({
      selected: [object("worker", {}, { status: { conditions: [{ type: "Ready", status: "Unknown" }] } })],
    }),
    verdict: "failed",
    reason: "not-ready",
    seen: "Node worker is not ready.",
  },
  {
    name: "something that has no readiness of its own",
    check: { ...aPod, objectKind: "ConfigMap", name: "settings", ...ready },
    evidence: cluster({ selected: [object("settings")] }),
    verdict: "passed",
    seen: "Config map settings is there.",
  },
  {
    name: "an ingress to a dead service",
    check: { ...aPod, apiVersion: "networking.k8s.io/v1", objectKind: "Ingress", name: "web", ...ready },
    evidence: cluster({
      selected: [
        object(
          "web",
          {},
          { spec: { rules: [{ http: { paths: [{ backend: { service: { name: "api" } } }] } }] } },
        ),
      ],
      endpoints: [endpoints("web", 1)],
    }),
    verdict: "failed",
    reason: "not-ready",
    seen: "Ingress web leads to the service api, which reaches no pod.",
  },
];
