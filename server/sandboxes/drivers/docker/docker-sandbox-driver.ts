import type { Duplex } from "node:stream";
import { abortWithin } from "../../../platform/abort-signals";
import type { Clock } from "../../../platform/clock";
import { AppError, isAppError } from "../../../platform/errors";
import type { Logger } from "../../../platform/logger";
import type { Profile } from "../../../protocol";
import { readAgentHealth } from "../../agent-http";
import type { SandboxId } from "../../sandbox";
import type { AgentHealth } from "../../sandbox-agent";
import type {
  DriverCapabilities,
  HostHeadroom,
  ProfileState,
  SandboxDriver,
  SandboxObservation,
  SandboxSpec,
} from "../../sandbox-driver";
import { AgentDialer, type DialTarget } from "./agent-dialer";
import { createSandboxContainer } from "./create-sandbox-container";
import type { DataVolumes } from "./data-volumes";
import { destroySandboxParts, removeContainers } from "./destroy-sandbox-parts";
import { toDriverError, unlessRefused, type EngineApi } from "./engine-api";
import { findSandbox } from "./find-sandbox";
import { HostGate } from "./host-gate";
import { sweepHelpers } from "./helper-container";
import { observeSandboxes } from "./observe-sandboxes";
import { ProfileTemplates, type Preparation } from "./profile-templates";
import { readDockerHeadroom } from "./read-docker-headroom";
import { StartOnce } from "./start-once";

export interface DockerSandboxDriverOptions {
  readonly engine: EngineApi;
  readonly volumes: DataVolumes;
  /** Sandboxes of other installations on the same engine are never seen and never touched. */
  readonly installationId: string;
  readonly tokenOf: (id: SandboxId) => string;
  readonly image: string;
  /** Sandboxes' networks are /28 parts of it; the last one is the class registry's. */
  readonly addressBlock: string;
  /** What set-up says of profiles that have no template yet. */
  readonly readPreparation: () => Promise<Preparation>;
  /** From the request to a usable sandbox. */
  readonly startTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The inner engine ends its containers first; after this the container is killed. */
const STOP_SECONDS_MAX = 12;
/**
 * Between looks at a sandbox that is starting: often while an engine may be about to answer, less when a cluster starts, which needs
 * the cores itself. A look costs milliseconds, here and in the sandbox.
 */
const READY_POLL_MS = { first: 20, later: 100 } as const;
const FIRST_POLLS = 75;
/** Asking whether the container still runs costs more than looking at its agent. */
const POLLS_PER_STATE_CHECK = 25;
/**
 * A cluster takes 7 to 20 s to come back from sleep. One that has not by now was broken before it slept, and its attendee needs their
 * terminal to mend it; others wait for the cores that a wake holds.
 */
const CLUSTER_WAKE_MS_MAX = 45_000;
/** Nothing of ours that nobody knows survives a minute. */
const SWEEP_MS = 20_000;
/** Finding a sandbox must not use up the time of whoever dials it. */
const FIND_MS_MAX = 3_000;

/** A part of a sandbox that answers, or that this sandbox does not have. */
function isSettled(state: AgentHealth["engine"]): boolean {
  return state === "up" || state === "absent";
}

/** Sandboxes as containers of one Docker Engine, each with an engine inside. */
export class DockerSandboxDriver implements SandboxDriver {
  readonly name = "docker";
  readonly capabilities: DriverCapabilities;
  readonly #options: DockerSandboxDriverOptions;
  readonly #dialer: AgentDialer;
  readonly #gate: HostGate;
  readonly #starts = new StartOnce();
  readonly #destroying = new Map<SandboxId, Promise<void>>();
  readonly #lastTarget = new Map<SandboxId, DialTarget>();
  readonly #templates: ProfileTemplates;
  #sweptAtMs = -Infinity;

  constructor(options: DockerSandboxDriverOptions) {
    this.#options = options;
    this.#dialer = new AgentDialer(options.engine);
    this.#gate = new HostGate(options, options);
    this.#templates = new ProfileTemplates(options);
    this.capabilities = {
      isolation: "trusted",
      enforces: { memory: true, cpu: true, pids: true, disk: options.volumes.enforcesQuota },
      canSleep: true,
    };
  }

  async create(spec: SandboxSpec, signal: AbortSignal): Promise<void> {
    await this.#destroying.get(spec.id);
    await this.#starts.run(spec.id, signal, (aborted) =>
      this.#bounded(spec.id, aborted, (bounded) => this.#createNow(spec, bounded)),
    );
  }

  readProfiles(): Promise<readonly ProfileState[]> {
    return this.#translated(undefined, () => this.#templates.readStates());
  }

  async reset(
    spec: SandboxSpec,
    { keepsHome }: { readonly keepsHome: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    await this.#destroying.get(spec.id);
    await this.#starts.run(spec.id, signal, (aborted) =>
      this.#bounded(spec.id, aborted, (bounded) => this.#resetNow(spec, keepsHome, bounded)),
    );
  }

  async wake(id: SandboxId, signal: AbortSignal): Promise<void> {
    await this.#starts.run(id, signal, (aborted) =>
      this.#bounded(id, aborted, (bounded) => this.#wakeNow(id, bounded)),
    );
  }

  async sleep(id: SandboxId): Promise<void> {
    await this.#translated(id, async () => {
      const { containerId } = await findSandbox(this.#options, id);
      this.#forget(id);
      const stop = this.#options.engine.call(
        "stop container",
        (docker) => docker.getContainer(containerId).stop({ t: STOP_SECONDS_MAX }),
        { timeoutMs: (STOP_SECONDS_MAX + 20) * 1_000 },
      );
      await unlessRefused([304], stop);
    });
  }

  async observe(id: SandboxId): Promise<SandboxObservation> {
    const [found] = await this.#translated(id, () => observeSandboxes(this.#options, id));
    return found === undefined ? { id, state: "absent" } : this.#asStarting(found);
  }

  async list(): Promise<readonly SandboxObservation[]> {
    this.#sweep();
    const found = await this.#translated(undefined, () => observeSandboxes(this.#options));
    return found.map((one) => this.#asStarting(one));
  }

  async destroy(id: SandboxId): Promise<void> {
    const destroying =
      this.#destroying.get(id) ??
      this.#destroyNow(id).finally(() => {
        this.#destroying.delete(id);
      });
    this.#destroying.set(id, destroying);
    await destroying;
  }

  async readHeadroom(): Promise<HostHeadroom> {
    return this.#translated(undefined, () => readDockerHeadroom(this.#options));
  }

  async dial(id: SandboxId, signal: AbortSignal): Promise<Duplex> {
    return this.#translated(id, async () => this.#dialer.dial(await this.#targetOf(id), signal));
  }

  async #createNow(spec: SandboxSpec, signal: AbortSignal): Promise<void> {
    try {
      await this.#start(spec, signal);
    } catch (first) {
      await this.#clearAway(spec.id);
      throw first;
    }
  }

  /** On failure nothing is cleared away: the home that was to be kept is in what is left, and the next try goes on from there. */
  async #resetNow(spec: SandboxSpec, keepsHome: boolean, signal: AbortSignal): Promise<void> {
    const [found] = await observeSandboxes(this.#options, spec.id);
    if (found === undefined) throw new AppError("sandbox.not-found", `no sandbox ${spec.id}`);
    const template = await this.#templates.find(spec.profile);
    this.#forget(spec.id);
    await removeContainers(this.#options, spec.id);
    await this.#options.volumes.renew(spec.id, { diskMiB: spec.limits.diskMiB, template, keepsHome });
    await this.#start(spec, signal);
  }

  async #start(spec: SandboxSpec, signal: AbortSignal): Promise<void> {
    const findTemplate = (profile: Profile): Promise<string | null> => this.#templates.find(profile);
    await createSandboxContainer({ ...this.#options, gate: this.#gate, findTemplate }, spec, signal);
    await this.#waitUntilUsable(spec.id, signal);
  }

  async #wakeNow(id: SandboxId, signal: AbortSignal): Promise<void> {
    const { containerId } = await findSandbox(this.#options, id);
    this.#forget(id);
    await this.#gate.open();
    const start = this.#options.engine.call(
      "start container",
      (docker) => docker.getContainer(containerId).start(),
      { timeoutMs: this.#options.startTimeoutMs },
    );
    await unlessRefused([304], start);
    await this.#waitUntilUsable(id, signal, CLUSTER_WAKE_MS_MAX);
  }

  async #destroyNow(id: SandboxId): Promise<void> {
    await this.#starts.abort(id);
    this.#forget(id);
    await this.#translated(id, () => destroySandboxParts(this.#options, id));
  }

  /** After a failed create: what it made goes. The failure that brought us here stays the one that is told. */
  async #clearAway(id: SandboxId): Promise<void> {
    this.#forget(id);
    await destroySandboxParts(this.#options, id).catch((error: unknown) => {
      this.#options.log.warn("sandbox.cleanup-failed", { sandboxId: id, error });
    });
  }

  async #waitUntilUsable(id: SandboxId, signal: AbortSignal, clusterMsMax = Infinity): Promise<void> {
    const { clock, tokenOf } = this.#options;
    const clusterUntilMs = clock.nowMs() + clusterMsMax;
    const token = tokenOf(id);
    const target = await this.#targetOf(id);
    for (let polls = 1; ; polls += 1) {
      const isUsable = await readAgentHealth((within) => this.#dialer.dial(target, within), token, signal)
        .then(
          ({ engine, cluster }) =>
            isSettled(engine) && (isSettled(cluster) || clock.nowMs() >= clusterUntilMs),
        )
        .catch(() => false);
      if (isUsable) return;
      if (signal.aborted) throw new AppError("wait.aborted", `stopped waiting for sandbox ${id}`);
      if (polls % POLLS_PER_STATE_CHECK === 0) await this.#targetOf(id);
      await clock.sleep(polls < FIRST_POLLS ? READY_POLL_MS.first : READY_POLL_MS.later, signal);
    }
  }

  /**
   * Where the agent is now. While the engine does not answer, nothing can have been started or removed, so the place where the
   * agent was last is where it still is.
   */
  async #targetOf(id: SandboxId): Promise<DialTarget> {
    const { engine, installationId } = this.#options;
    try {
      const found = await findSandbox({ engine, installationId, timeoutMs: FIND_MS_MAX }, id);
      if (!found.isRunning) throw new AppError("sandbox.unreachable", `sandbox ${id} does not run`);
      this.#lastTarget.set(id, found);
      return found;
    } catch (caught) {
      const last = this.#lastTarget.get(id);
      if (last === undefined || !isAppError(caught) || caught.code !== "driver.unreachable") throw caught;
      return last;
    }
  }

  #forget(id: SandboxId): void {
    const last = this.#lastTarget.get(id);
    if (last !== undefined) this.#dialer.forget(last.containerId);
    this.#lastTarget.delete(id);
  }

  /** Beside what is asked for: it takes nothing away that anybody sees. */
  #sweep(): void {
    const { clock, log } = this.#options;
    if (clock.nowMs() - this.#sweptAtMs < SWEEP_MS) return;
    this.#sweptAtMs = clock.nowMs();
    sweepHelpers(this.#options).catch((error: unknown) => {
      log.warn("driver.sweep-failed", { error });
    });
  }

  #asStarting(found: Exclude<SandboxObservation, { state: "absent" }>): SandboxObservation {
    return this.#starts.isUnderWay(found.id) ? { ...found, state: "starting" } : found;
  }

  async #bounded(
    id: SandboxId,
    signal: AbortSignal,
    start: (bounded: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { startTimeoutMs } = this.#options;
    const limited = abortWithin(signal, startTimeoutMs);
    try {
      await start(limited);
    } catch (caught) {
      const isLate = limited.aborted && !signal.aborted;
      const error = isLate
        ? new AppError("sandbox.start-timed-out", `not usable within ${startTimeoutMs} ms`, {
            cause: caught,
            details: { sandboxId: id },
          })
        : toDriverError(caught, "sandbox.start-failed", { sandboxId: id });
      if (error.code === "driver.unreachable") this.#gate.close();
      throw error;
    }
  }

  async #translated<T>(id: SandboxId | undefined, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (caught) {
      const error = toDriverError(caught, "driver.unreachable", id === undefined ? {} : { sandboxId: id });
      if (error.code === "driver.unreachable") this.#gate.close();
      throw error;
    }
  }
}
