import type { ClusterState } from "./evidence";
import { excerptOf, failed, type Judgement } from "./judgement";

/** What is said where the attendee's own cluster cannot be asked, and how they get one that can. */
export function judgeCluster(cluster: Exclude<ClusterState, { state: "up" }>): Judgement<"kubernetes"> {
  switch (cluster.state) {
    case "gone":
      return {
        ...failed<"kubernetes">("cluster-gone", "There is no cluster in your sandbox."),
        hint: "kind create cluster makes a new one. Reset, in the menu of your sandbox, brings back the one that you began with.",
        isFinal: true,
      };
    case "unreferenced":
      return {
        ...failed<"kubernetes">("cluster-gone", "Your ~/.kube/config leads to no cluster of this sandbox."),
        hint: "kind export kubeconfig writes it again.",
        isFinal: true,
      };
    case "stopped": {
      const node = excerptOf(cluster.node, 100);
      const word = cluster.isPaused ? "paused" : "stopped";
      return {
        ...failed<"kubernetes">(
          "cluster-stopped",
          `Your cluster does not answer: its node ${node} is ${word}.`,
        ),
        hint: `docker ${cluster.isPaused ? "unpause" : "start"} ${node} brings it back.`,
        isFinal: true,
      };
    }
    case "forbidden":
      return {
        ...failed<"kubernetes">("forbidden", "Your cluster refuses the credentials in ~/.kube/config."),
        hint: "kind export kubeconfig writes those of the administrator there again.",
        isFinal: true,
      };
  }
}
