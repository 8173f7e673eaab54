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

export type Evidence =
  | ContainerEvidence
  | ImageEvidence
  | NetworkEvidence
  | VolumeEvidence
  | HttpEvidence
  | FileEvidence
  | CommandEvidence;

/** Why there is no evidence. None of these is the attendee's fault, so none of them fails a check. */
export type Trouble =
  "no-sandbox" | "sandbox-unreachable" | "engine-down" | "engine-starting" | "timed-out" | "malformed";

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
  "timed-out": "Looking into your sandbox took too long. That is on our side and does not count; try again.",
  malformed:
    "Your sandbox answered with something that we do not understand. This does not count; try again.",
} as const satisfies Record<Trouble, string>;
