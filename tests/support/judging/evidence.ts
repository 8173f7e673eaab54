import type { Verdict } from "../../../server/grading/attempt";
import type { ContainerFacts, Evidence, ImageFacts } from "../../../server/grading/evidence";

/** What a judge says of one check and one state of a sandbox. */
export interface JudgeRow {
  readonly name: string;
  readonly check: Record<string, unknown>;
  readonly evidence: Evidence;
  readonly verdict: Verdict;
  readonly reason?: string;
  readonly seen: string;
  readonly expected?: string;
  /** What is advised where the author advises nothing. */
  readonly derived?: string;
  /** Whether waiting would be in vain. */
  readonly isFinal?: boolean;
}

export const container = (fields: Partial<ContainerFacts> = {}): ContainerFacts => ({
  id: "c".repeat(64),
  name: "web",
  image: "nginx:alpine",
  imageId: "sha256:1",
  state: "running",
  exitCode: 0,
  hasStarted: true,
  wasOutOfMemory: false,
  memoryBytes: 0,
  cpus: 0,
  env: ["PATH=/bin"],
  mounts: [],
  ports: [],
  networks: ["bridge"],
  labels: {},
  ...fields,
});

export const containers = (...all: ContainerFacts[]): Evidence => ({
  kind: "containers",
  containers: all,
  imageIds: [],
  startedImages: [],
});

export const image = (fields: Partial<ImageFacts> = {}): Evidence => ({
  kind: "image",
  image: {
    id: "sha256:1",
    tags: ["visits:1"],
    sizeBytes: 1_048_576,
    labels: {},
    layerCount: 3,
    history: [],
    ...fields,
  },
});

export const http = (...answers: ([number, string] | null)[]): Evidence => ({
  kind: "http",
  answers: answers.map((answer) => (answer === null ? null : { status: answer[0], body: answer[1] })),
});

export const file = (text: string, mode = 0o644): Evidence => ({
  kind: "file",
  file: { kind: "file", text, sizeBytes: text.length, mode },
});

export function service(name: string, state: ContainerFacts["state"] = "running"): ContainerFacts {
  return container({
    state,
    labels: { "com.docker.compose.project": "visits", "com.docker.compose.service": name },
  });
}
