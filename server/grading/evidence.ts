/** What was read in a sandbox, already validated and bounded. All of it is the attendee's word: they are root there. */

export interface ContainerFacts {
  readonly id: string;
  /** Without the leading slash. */
  readonly name: string;
  /** As it was typed when the container was made. */
  readonly image: string;
  readonly imageId: string;
  readonly state: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";
  /** Of the last run; meaningless before there was one. */
  readonly exitCode: number;
  readonly hasStarted: boolean;
  readonly wasOutOfMemory: boolean;
  /** 0 is no limit. */
  readonly memoryBytes: number;
  /** 0 is no limit. */
  readonly cpus: number;
  readonly env: readonly string[];
  readonly mounts: readonly { readonly type: string; readonly source: string; readonly target: string }[];
  readonly ports: readonly { readonly container: number; readonly host: number | null }[];
  readonly networks: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface ImageFacts {
  readonly id: string;
  readonly tags: readonly string[];
  readonly sizeBytes: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly layerCount: number;
  /** Commands that made the layers, newest first. */
  readonly history: readonly string[];
}

export interface ContainerEvidence {
  readonly kind: "containers";
  readonly containers: readonly ContainerFacts[];
  /** Ids of the images that the check names, for containers that were started by id. */
  readonly imageIds: readonly string[];
  /** Images of containers that the engine remembers starting, gone ones too. */
  readonly startedImages: readonly string[];
}

export interface ImageEvidence {
  readonly kind: "image";
  /** Null when there is none under that name. */
  readonly image: ImageFacts | null;
}

export interface NetworkEvidence {
  readonly kind: "network";
  readonly network: { readonly name: string; readonly driver: string } | null;
  readonly containerNames: readonly string[];
}

export interface VolumeEvidence {
  readonly kind: "volume";
  readonly isPresent: boolean;
  readonly usedBy: readonly string[];
}

export interface HttpAnswer {
  readonly status: number;
  /** At most 64 KiB of it. */
  readonly body: string;
}

export interface HttpEvidence {
  readonly kind: "http";
  /** One, or two when the check compares; null where nothing answered. */
  readonly answers: readonly (HttpAnswer | null)[];
}

export interface FileEvidence {
  readonly kind: "file";
  readonly file:
    | { readonly kind: "absent" }
    | { readonly kind: "folder" }
    | { readonly kind: "file"; readonly text: string; readonly sizeBytes: number; readonly mode: number };
}

export interface CommandEvidence {
  readonly kind: "command";
  /** Null when it did not end in time. */
  readonly exitCode: number | null;
  readonly stdout: string;
}

/** One object of a cluster, without what nobody looks at, cut in depth and length. */
export interface ClusterObject {
  readonly name: string;
  /** Empty for kinds that live in none. */
  readonly namespace: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly isBeingDeleted: boolean;
  /** The object itself. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A warning that the cluster gave of an object. */
export interface ClusterEvent {
  readonly objectName: string;
  readonly objectUid: string;
  readonly reason: string;
  readonly message: string;
  /** Of the last time, in milliseconds; 0 when it does not say. */
  readonly atMs: number;
}

/** Why a cluster could not be asked, where the sandbox shows that it is the attendee's doing. */
export type ClusterState =
  | { readonly state: "up" }
  | { readonly state: "gone" }
  /** There is one, and no way to it in the attendee's kubeconfig. */
  | { readonly state: "unreferenced" }
  /** Its node is a stopped or paused container. */
  | { readonly state: "stopped"; readonly node: string; readonly isPaused: boolean }
  /** It answered that the attendee's own credentials may not look. */
  | { readonly state: "forbidden" };

export interface KubernetesEvidence {
  readonly kind: "kubernetes";
  readonly cluster: ClusterState;
  /** False when the cluster knows no such kind in that version. */
  readonly isKindServed: boolean;
  readonly isNamespaced: boolean;
  /** Those of the kind and namespace that carry the name and labels asked for; at most 20. */
  readonly selected: readonly ClusterObject[];
  /** Others of the same kind and namespace; at most 50. */
  readonly others: readonly Pick<ClusterObject, "name" | "labels">[];
  /** Namespaces in which there is one that would be selected; read when there is none here. */
  readonly otherNamespaces: readonly string[];
  /** Of the namespace; read when readiness is asked for or a service is looked at. */
  readonly pods: readonly ClusterObject[];
  readonly endpoints: readonly ClusterObject[];
  readonly events: readonly ClusterEvent[];
}

export type Evidence =
  | ContainerEvidence
  | ImageEvidence
  | NetworkEvidence
  | VolumeEvidence
  | HttpEvidence
  | FileEvidence
  | CommandEvidence
  | KubernetesEvidence;

/** Why there is no evidence. None of these is the attendee's fault, so none of them fails a check. */
export type Trouble =
  | "no-sandbox"
  | "sandbox-unreachable"
  | "engine-down"
  | "engine-starting"
  | "cluster-down"
  | "cluster-starting"
  | "timed-out"
  | "malformed";

export type Collected<Kind extends Evidence = Evidence> =
  { readonly ok: true; readonly evidence: Kind } | { readonly ok: false; readonly trouble: Trouble };

/** What the attendee is told of each trouble, where a check says what it saw. */
export const TROUBLE_SENTENCES = {
  "no-sandbox": "You have no running sandbox to look into. It is checked again as soon as yours is ready.",
  "sandbox-unreachable":
    "We could not look into your sandbox just now. That is on our side and does not count; try again in a moment.",
  "engine-down":
    "Your sandbox's Docker engine is not answering, so nothing could be read. If you stopped it, start it again; this does not count.",
  "engine-starting":
    "Your sandbox's Docker engine is still starting. Try again in a few seconds; this does not count.",
  "cluster-down":
    "Your cluster does not answer, although its node is running. It may be busy or still starting; if you stopped something in it, start it again. Where firewall rules of yours are in its way or its disk is full, mend that, or reset your sandbox in its menu. This does not count.",
  "cluster-starting":
    "Your cluster is still starting. It usually takes a few seconds; this does not count. If it stays so, its disk may be full or firewall rules of yours in its way: mend that, or reset your sandbox in its menu.",
  "timed-out": "Looking into your sandbox took too long. That is on our side and does not count; try again.",
  malformed:
    "Your sandbox answered with something that we do not understand. This does not count; try again.",
} as const satisfies Record<Trouble, string>;
