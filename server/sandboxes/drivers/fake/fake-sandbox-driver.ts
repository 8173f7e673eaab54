import type { Duplex } from "node:stream";
import { linkAbort } from "../../../platform/abort-signals";
import { systemClock, type Clock } from "../../../platform/clock";
import { AppError } from "../../../platform/errors";
import { PROFILES, type Profile } from "../../../protocol";
import type { SandboxId } from "../../sandbox";
import type {
  DriverCapabilities,
  HostHeadroom,
  ProfileState,
  SandboxDriver,
  SandboxObservation,
  SandboxSpec,
} from "../../sandbox-driver";
import { FakeAgent } from "./fake-agent";

/** How the fake fails. All absent: it works. */
export interface FakeFaults {
  /** Every create finds the host full. */
  readonly isFull?: boolean;
  /** Every create and wake takes this long. */
  readonly slowMs?: number;
  /** Every create waits until it is aborted or timed out. */
  readonly isNeverReady?: boolean;
  /** Every create fails after the sandbox has come into being. */
  readonly failsHalfWay?: boolean;
  /** Sandboxes are gone as soon as they have been created. */
  readonly vanishes?: boolean;
  /** Creates resolve, but nothing can be dialled. */
  readonly liesAboutReadiness?: boolean;
  /** The host does not answer at all. */
  readonly isUnreachable?: boolean;
  /** Profiles that cannot be made now; the others are ready. */
  readonly profiles?: Readonly<Partial<Record<Profile, "preparing" | "unavailable">>>;
  /** Every wake fails. */
  readonly failsToWake?: boolean;
  /** Every reset fails once it has thrown the old files away. */
  readonly failsToReset?: boolean;
  /** Replaces what the fake host says that it has left. */
  readonly headroom?: Partial<HostHeadroom>;
}

interface FakeSandbox {
  readonly installationId: string;
  readonly createdAtMs: number;
  readonly files: Map<string, Buffer>;
  /** As it was made, or reset, last. */
  spec: SandboxSpec;
  state: "starting" | "running" | "asleep" | "broken";
  agent: FakeAgent;
}

/** The machine that fakes run on: shared by the driver objects that are to see the same sandboxes. */
export class FakeHost {
  readonly sandboxes = new Map<SandboxId, FakeSandbox>();
}

export interface FakeSandboxDriverOptions {
  readonly host?: FakeHost;
  readonly installationId?: string;
  readonly faults?: FakeFaults;
  readonly clock?: Clock;
  /** After this a sandbox that does not become ready is given up. */
  readonly startTimeoutMs?: number;
}

const HEADROOM: HostHeadroom = {
  cpuCount: 8,
  memoryMiBTotal: 32_768,
  memoryMiBAvailable: 32_768,
  diskMiBAvailable: 102_400,
};

/** Sandboxes in memory, for everything above the port to be tested on. Passes the contract that the real ones pass. */
export class FakeSandboxDriver implements SandboxDriver {
  readonly name = "fake";
  readonly capabilities: DriverCapabilities = {
    isolation: "none",
    enforces: { memory: false, cpu: false, pids: false, disk: false },
    canSleep: true,
  };
  /** May be changed at any time; what is on its way keeps the faults it began with. */
  faults: FakeFaults;
  readonly #host: FakeHost;
  readonly #installationId: string;
  readonly #clock: Clock;
  readonly #startTimeoutMs: number;
  readonly #creations = new Map<
    SandboxId,
    { readonly abort: AbortController; readonly done: Promise<void> }
  >();

  constructor(options: FakeSandboxDriverOptions = {}) {
    this.faults = options.faults ?? {};
    this.#host = options.host ?? new FakeHost();
    this.#installationId = options.installationId ?? "fake";
    this.#clock = options.clock ?? systemClock;
    this.#startTimeoutMs = options.startTimeoutMs ?? 60_000;
  }

  async readProfiles(): Promise<readonly ProfileState[]> {
    this.#reach();
    return PROFILES.map((profile) => this.#stateOf(profile));
  }

  async create(spec: SandboxSpec, signal: AbortSignal): Promise<void> {
    this.#reach();
    throwIfAborted(signal);
    const running = this.#creations.get(spec.id);
    if (running !== undefined) return running.done;
    if (this.#find(spec.id)?.state === "running") return;
    if (this.#stateOf(spec.profile).state !== "ready")
      throw new AppError("sandbox.profile-unavailable", `the fake has no ${spec.profile} now`);
    if (this.faults.isFull === true)
      throw new AppError("sandbox.capacity-exhausted", "the fake host is full");
    const abort = linkAbort(signal);
    const done = this.#create(spec, abort.signal).finally(() => {
      this.#creations.delete(spec.id);
    });
    this.#creations.set(spec.id, { abort, done });
    return done;
  }

  async sleep(id: SandboxId): Promise<void> {
    this.#reach();
    const sandbox = this.#get(id);
    sandbox.agent.stop();
    sandbox.state = "asleep";
  }

  async wake(id: SandboxId, signal: AbortSignal): Promise<void> {
    this.#reach();
    const sandbox = this.#get(id);
    if (sandbox.state === "running") return;
    if (this.faults.failsToWake === true) throw new AppError("sandbox.start-timed-out", "the fake sleeps on");
    await this.#becomeReady(signal);
    sandbox.agent = new FakeAgent(sandbox.files);
    sandbox.state = "running";
  }

  async reset(
    spec: SandboxSpec,
    { keepsHome }: { readonly keepsHome: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    this.#reach();
    throwIfAborted(signal);
    const sandbox = this.#get(spec.id);
    sandbox.agent.stop();
    Object.assign(sandbox, { state: "starting", spec });
    if (!keepsHome) sandbox.files.clear();
    if (this.faults.failsToReset === true)
      throw new AppError("sandbox.start-failed", "the fake resets half-way");
    await this.#becomeReady(signal);
    sandbox.agent = new FakeAgent(sandbox.files);
    sandbox.state = "running";
  }

  async observe(id: SandboxId): Promise<SandboxObservation> {
    this.#reach();
    const sandbox = this.#find(id);
    if (sandbox === undefined) return { id, state: "absent" };
    return { id, state: sandbox.state, createdAtMs: sandbox.createdAtMs };
  }

  async list(): Promise<readonly SandboxObservation[]> {
    this.#reach();
    const ids = [...this.#host.sandboxes.keys()].filter((id) => this.#find(id) !== undefined);
    return Promise.all(ids.map((id) => this.observe(id)));
  }

  async destroy(id: SandboxId): Promise<void> {
    this.#reach();
    const creation = this.#creations.get(id);
    creation?.abort.abort();
    await creation?.done.catch(() => undefined);
    this.#remove(id);
  }

  async dial(id: SandboxId, signal: AbortSignal): Promise<Duplex> {
    this.#reach();
    throwIfAborted(signal);
    const sandbox = this.#get(id);
    if (sandbox.state !== "running" || this.faults.liesAboutReadiness === true) {
      throw new AppError("sandbox.unreachable", `the sandbox is ${sandbox.state}`, { details: { id } });
    }
    return sandbox.agent.connect();
  }

  async readHeadroom(): Promise<HostHeadroom> {
    this.#reach();
    return { ...HEADROOM, ...this.faults.headroom };
  }

  async #create(spec: SandboxSpec, signal: AbortSignal): Promise<void> {
    const { id } = spec;
    const files = new Map<string, Buffer>();
    const { failsHalfWay, vanishes } = this.faults;
    const sandbox: FakeSandbox = {
      installationId: this.#installationId,
      createdAtMs: this.#clock.nowMs(),
      ...{ files, spec },
      state: "starting",
      agent: new FakeAgent(files),
    };
    this.#host.sandboxes.set(id, sandbox);
    try {
      await this.#becomeReady(signal);
      if (failsHalfWay === true) throw new AppError("sandbox.start-failed", "the fake fails half-way");
    } catch (first) {
      this.#remove(id);
      throw first;
    }
    sandbox.state = "running";
    if (vanishes === true) this.#remove(id);
  }

  async #becomeReady(signal: AbortSignal): Promise<void> {
    const { isNeverReady, slowMs } = this.faults;
    const waitMs = isNeverReady === true ? this.#startTimeoutMs : (slowMs ?? 0);
    await this.#clock.sleep(waitMs, signal);
    throwIfAborted(signal);
    if (isNeverReady === true) throw new AppError("sandbox.start-timed-out", "the fake is never ready");
  }

  #stateOf(profile: Profile): ProfileState {
    const state = this.faults.profiles?.[profile] ?? "ready";
    return state === "unavailable"
      ? { profile, state, reason: "The fake was told to have none." }
      : { profile, state };
  }

  #remove(id: SandboxId): void {
    this.#find(id)?.agent.stop();
    if (this.#find(id) !== undefined) this.#host.sandboxes.delete(id);
  }

  #get(id: SandboxId): FakeSandbox {
    const sandbox = this.#find(id);
    if (sandbox === undefined)
      throw new AppError("sandbox.not-found", "no such sandbox", { details: { id } });
    return sandbox;
  }

  #find(id: SandboxId): FakeSandbox | undefined {
    const sandbox = this.#host.sandboxes.get(id);
    return sandbox?.installationId === this.#installationId ? sandbox : undefined;
  }

  #reach(): void {
    if (this.faults.isUnreachable === true) throw new AppError("driver.unreachable", "the fake host is away");
  }
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError("wait.aborted", "aborted");
}
