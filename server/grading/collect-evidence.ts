import type { Check, CheckOf } from "../labs/check";
import { abortWithin, linkAbort } from "../platform/abort-signals";
import { AppError, toAppError } from "../platform/errors";
import type { AgentHealth, SandboxAgent } from "../sandboxes/sandbox-agent";
import type { SandboxId } from "../sandboxes/sandbox";
import { ClusterSnapshot } from "./collect-cluster";
import { createEngineReader, type EngineReader } from "./engine-reader";
import type {
  Collected,
  CommandEvidence,
  Evidence,
  FileEvidence,
  HttpAnswer,
  HttpEvidence,
  Trouble,
} from "./evidence";
import { normalizeReference } from "./image-reference";
import { createTunnelHttp } from "./tunnel-http";

/** One look into a sandbox. What several checks need is read once, so that they judge the same moment. */
export interface Snapshot {
  /** Never rejects: what goes wrong is a trouble. Ends within 8 s (a cluster 10 s), or a command's own time and 2 s. */
  collect(check: Check): Promise<Collected>;
  /** Lets go of the connections. */
  close(): void;
}

export type TakeSnapshot = (sandboxId: SandboxId, signal: AbortSignal) => Snapshot;

const READING_MS_MAX = 5_000;
/** A cluster that does not answer is asked about for longer: whose doing that is makes the verdict. */
const CLUSTER_MS_MAX = 7_000;
/** What a command's own time is allowed to be late by. */
const COMMAND_GRACE_MS = 2_000;
/** Longer than the agent waits for an API server that hangs: then it still says so. */
const HEALTH_MS_MAX = 2_500;
const BODY_BYTES_MAX = 64 * 1024;
const FILE_BYTES_MAX = 64 * 1024;

type AgentForGrading = Pick<SandboxAgent, "openTunnel" | "readFile" | "runCommand" | "readHealth">;

export const createTakeSnapshot =
  ({ agent }: { readonly agent: AgentForGrading }): TakeSnapshot =>
  (sandboxId, signal) =>
    new SandboxSnapshot(agent, sandboxId, signal);

class SandboxSnapshot implements Snapshot {
  readonly #agent: AgentForGrading;
  readonly #sandboxId: SandboxId;
  readonly #abort: AbortController;
  readonly #closers: (() => void)[] = [];
  #engine: ReturnType<typeof rememberReads> | undefined;
  #cluster: ClusterSnapshot | undefined;

  constructor(agent: AgentForGrading, sandboxId: SandboxId, signal: AbortSignal) {
    this.#agent = agent;
    this.#sandboxId = sandboxId;
    this.#abort = linkAbort(signal);
  }

  async collect(check: Check): Promise<Collected> {
    const limited = abortWithin(this.#abort.signal, timeoutMsOf(check));
    try {
      return { ok: true, evidence: await this.#read(check, limited) };
    } catch (caught) {
      const error = limited.aborted
        ? new AppError("wait.timed-out", "a look into a sandbox", { cause: caught })
        : caught;
      return { ok: false, trouble: await this.#troubleOf(check, error) };
    }
  }

  close(): void {
    this.#abort.abort();
    for (const close of this.#closers.splice(0)) close();
  }

  #read(check: Check, signal: AbortSignal): Promise<Evidence> {
    switch (check.kind) {
      case "http":
        return this.#readHttp(check, signal);
      case "file":
        return this.#readFile(check, signal);
      case "command":
        return this.#runCommand(check, signal);
      case "kubernetes":
        return this.#readCluster(check, signal);
      case "container":
      case "composeProject":
      case "image":
      case "network":
      case "volume":
        return readEngine(check, this.#reader());
    }
  }

  /** The engine's answers are shared by every check of this snapshot, so they have a deadline of their own. */
  #reader(): ReturnType<typeof rememberReads> {
    this.#engine ??= (() => {
      const signal = abortWithin(this.#abort.signal, READING_MS_MAX);
      const http = createTunnelHttp({
        agent: this.#agent,
        sandboxId: this.#sandboxId,
        endpoint: "docker",
        signal,
      });
      this.#closers.push(() => {
        http.close();
      });
      return rememberReads(createEngineReader(http), signal);
    })();
    return this.#engine;
  }

  #readCluster(check: CheckOf<"kubernetes">, signal: AbortSignal): Promise<Evidence> {
    this.#cluster ??= (() => {
      const cluster = new ClusterSnapshot({
        agent: this.#agent,
        sandboxId: this.#sandboxId,
        signal: this.#abort.signal,
        listContainers: () => this.#reader().containers(),
      });
      this.#closers.push(() => {
        cluster.close();
      });
      return cluster;
    })();
    return this.#cluster.collect(check, signal);
  }

  async #readHttp(check: CheckOf<"http">, signal: AbortSignal): Promise<HttpEvidence> {
    const answers = [await this.#visit(check, signal)];
    if (check.counterPattern !== undefined && answers[0] !== null)
      answers.push(await this.#visit(check, signal));
    return { kind: "http", answers };
  }

  /** Null when nothing answers there, which is the attendee's to change as long as the sandbox itself does. */
  async #visit(check: CheckOf<"http">, signal: AbortSignal): Promise<HttpAnswer | null> {
    const target = {
      agent: this.#agent,
      sandboxId: this.#sandboxId,
      endpoint: `tcp:${check.port}` as const,
      signal,
    };
    const http = createTunnelHttp(target);
    try {
      const request = { method: check.method, path: check.path, bytesMax: BODY_BYTES_MAX, mayCut: true };
      const { status, body } = await http.request(request, signal);
      return { status, body: body.toString("utf8") };
    } catch (caught) {
      if (signal.aborted || !(await this.#isAgentWell())) throw caught;
      return null;
    } finally {
      http.close();
    }
  }

  async #readFile(check: CheckOf<"file">, signal: AbortSignal): Promise<FileEvidence> {
    const file = await this.#agent.readFile(
      this.#sandboxId,
      { path: check.path, bytesMax: FILE_BYTES_MAX },
      signal,
    );
    if (file.kind !== "file") return { kind: "file", file: { kind: file.kind } };
    const text = file.bytes.subarray(0, FILE_BYTES_MAX).toString("utf8");
    return { kind: "file", file: { kind: "file", text, sizeBytes: file.sizeBytes, mode: file.mode } };
  }

  async #runCommand(check: CheckOf<"command">, signal: AbortSignal): Promise<CommandEvidence> {
    const command = { script: check.run, user: check.user, timeoutMs: check.timeoutSeconds * 1_000 };
    const { exitCode, stdout } = await this.#agent.runCommand(this.#sandboxId, command, signal);
    return { kind: "command", exitCode, stdout };
  }

  async #troubleOf(check: Check, caught: unknown): Promise<Trouble> {
    const { code } = toAppError(caught);
    if (code === "sandbox.not-found") return "no-sandbox";
    if (check.kind !== "http" && check.kind !== "file" && check.kind !== "command") {
      const health = await this.#readHealth();
      const trouble = health === undefined ? undefined : troubleOfHealth(check, health);
      if (trouble !== undefined) return trouble;
      if (check.kind === "kubernetes" && health !== undefined && code !== "agent.misbehaved")
        return "cluster-down";
    }
    if (code === "agent.misbehaved") return "malformed";
    return code === "wait.timed-out" ? "timed-out" : "sandbox-unreachable";
  }

  async #readHealth(): Promise<AgentHealth | undefined> {
    const signal = abortWithin(this.#abort.signal, HEALTH_MS_MAX);
    return this.#agent.readHealth(this.#sandboxId, signal).catch(() => undefined);
  }

  async #isAgentWell(): Promise<boolean> {
    return (await this.#readHealth()) !== undefined;
  }
}

function timeoutMsOf(check: Check): number {
  if (check.kind === "command") return check.timeoutSeconds * 1_000 + COMMAND_GRACE_MS;
  return check.kind === "kubernetes" ? CLUSTER_MS_MAX : READING_MS_MAX;
}

/** What the agent says is not up, among the things that the check is about. */
function troubleOfHealth(check: Check, { engine, cluster }: AgentHealth): Trouble | undefined {
  if (engine === "down" || engine === "absent") return "engine-down";
  if (engine === "starting") return "engine-starting";
  if (check.kind !== "kubernetes" || cluster === "up") return undefined;
  return cluster === "starting" ? "cluster-starting" : "cluster-down";
}

/** Every list is asked for at most once. */
function rememberReads(reader: EngineReader, signal: AbortSignal) {
  const once = <Value>(read: () => Promise<Value>): (() => Promise<Value>) => {
    let answer: Promise<Value> | undefined;
    return () => (answer ??= read());
  };
  const images = new Map<string, ReturnType<EngineReader["readImage"]>>();
  return {
    containers: once(() => reader.listContainers(signal)),
    networks: once(() => reader.listNetworks(signal)),
    volumes: once(() => reader.listVolumes(signal)),
    startedImages: once(() => reader.listStartedImages(signal)),
    image: (reference: string) => {
      const name = normalizeReference(reference);
      const known = images.get(name) ?? reader.readImage(name, signal);
      images.set(name, known);
      return known;
    },
  };
}

type EngineCheck = CheckOf<"container" | "composeProject" | "image" | "network" | "volume">;

async function readEngine(check: EngineCheck, engine: ReturnType<typeof rememberReads>): Promise<Evidence> {
  switch (check.kind) {
    case "container": {
      const needsImage = check.image !== undefined;
      const [containers, image, startedImages] = await Promise.all([
        engine.containers(),
        needsImage ? engine.image(check.image ?? "") : null,
        check.state === "has-run" ? engine.startedImages() : [],
      ]);
      return { kind: "containers", containers, imageIds: image === null ? [] : [image.id], startedImages };
    }
    case "composeProject":
      return { kind: "containers", containers: await engine.containers(), imageIds: [], startedImages: [] };
    case "image":
      return { kind: "image", image: await engine.image(check.reference) };
    case "network": {
      const [networks, containers] = await Promise.all([engine.networks(), engine.containers()]);
      const members = containers.filter(({ networks: names }) => names.includes(check.name));
      return {
        kind: "network",
        network: networks.find(({ name }) => name === check.name) ?? null,
        containerNames: members.map(({ name }) => name),
      };
    }
    case "volume": {
      const [volumes, containers] = await Promise.all([engine.volumes(), engine.containers()]);
      const users = containers.filter(({ mounts }) => mounts.some((mount) => mount.source === check.name));
      return {
        kind: "volume",
        isPresent: volumes.includes(check.name),
        usedBy: users.map(({ name }) => name),
      };
    }
  }
}
