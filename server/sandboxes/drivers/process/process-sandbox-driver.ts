import { createHash } from "node:crypto";
import { mkdir, readFile, rm, statfs, writeFile } from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import type { Duplex } from "node:stream";
import { abortWithin, linkAbort } from "../../../platform/abort-signals";
import type { Clock } from "../../../platform/clock";
import { AppError, isAppError } from "../../../platform/errors";
import { PROFILES } from "../../../protocol";
import { waitUntil } from "../../../platform/wait-until";
import { readAgentHealth } from "../../agent-http";
import { agentTokenHash } from "../../agent-token";
import type { SandboxId } from "../../sandbox";
import type {
  DriverCapabilities,
  HostHeadroom,
  ProfileState,
  SandboxDriver,
  SandboxObservation,
  SandboxSpec,
} from "../../sandbox-driver";
import { isAgentAlive, startAgentProcess, stopAgentProcess } from "./agent-process";
import { ProcessRecords } from "./process-records";

export interface ProcessSandboxDriverOptions {
  /** Holds every sandbox of every installation on this machine. */
  readonly folder: string;
  readonly installationId: string;
  readonly mode: "development" | "production" | "test";
  /** What starts an agent: `[process.execPath, ".../dist/agent/agent.mjs"]`. */
  readonly agentCommand: readonly [string, ...string[]];
  readonly tokenOf: (id: SandboxId) => string;
  readonly startTimeoutMs: number;
  /** Socket of the engine that the sandboxes' `docker` tunnel leads to; without it they have no engine. */
  readonly dockerSocketPath?: string;
  readonly clock: Clock;
}

interface Creation {
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

const DIAL_TIMEOUT_MS = 3_000;
const BYTES_PER_MIB = 1024 * 1024;

/**
 * Sandboxes that are plain processes of this machine, for authors of labs: a home folder and an agent of their own, and no
 * isolation at all. Refuses to exist in production.
 */
export class ProcessSandboxDriver implements SandboxDriver {
  readonly name = "process";
  readonly capabilities: DriverCapabilities = {
    isolation: "none",
    enforces: { memory: false, cpu: false, pids: false, disk: false },
    canSleep: true,
  };
  readonly #options: ProcessSandboxDriverOptions;
  readonly #records: ProcessRecords;
  readonly #creations = new Map<SandboxId, Creation>();

  /** @throws AppError `driver.unsupported` in production */
  constructor(options: ProcessSandboxDriverOptions) {
    if (options.mode === "production") {
      throw new AppError("driver.unsupported", "the process driver isolates nothing: not in production");
    }
    this.#options = options;
    this.#records = new ProcessRecords(path.join(options.folder, options.installationId));
  }

  async readProfiles(): Promise<readonly ProfileState[]> {
    const reason = "Process sandboxes have no cluster of their own.";
    return PROFILES.map((profile) =>
      profile === "docker" ? { profile, state: "ready" } : { profile, state: "unavailable", reason },
    );
  }

  async create(spec: SandboxSpec, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    if (spec.profile !== "docker")
      throw new AppError("sandbox.profile-unavailable", "a process sandbox has no cluster");
    const running = this.#creations.get(spec.id);
    if (running !== undefined) return running.done;
    const abort = linkAbort(signal);
    const done = this.#create(spec.id, abort.signal).finally(() => {
      this.#creations.delete(spec.id);
    });
    this.#creations.set(spec.id, { abort, done });
    return done;
  }

  async sleep(id: SandboxId): Promise<void> {
    const record = await this.#recordOf(id);
    await stopAgentProcess(record.pid, this.#pathsOf(id));
    await this.#records.write({ ...record, state: "asleep", pid: null });
  }

  async wake(id: SandboxId, signal: AbortSignal): Promise<void> {
    const record = await this.#recordOf(id);
    if (record.state === "running" && (await this.#observe(id)) === "running") return;
    await this.#start(id, signal);
  }

  async reset(
    { id }: SandboxSpec,
    { keepsHome }: { readonly keepsHome: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const record = await this.#recordOf(id);
    throwIfAborted(signal);
    const paths = this.#pathsOf(id);
    await stopAgentProcess(record.pid, paths);
    await this.#records.write({ ...record, state: "starting", pid: null });
    if (!keepsHome) await rm(paths.home, { recursive: true, force: true, maxRetries: 5 });
    await mkdir(paths.home, { recursive: true, mode: 0o700 });
    await this.#start(id, signal);
  }

  async observe(id: SandboxId): Promise<SandboxObservation> {
    const record = await this.#records.read(id);
    const state = await this.#observe(id);
    return state === "absent" ? { id, state } : { id, state, createdAtMs: record?.createdAtMs ?? 0 };
  }

  async list(): Promise<readonly SandboxObservation[]> {
    const observations = await Promise.all((await this.#records.listIds()).map((id) => this.observe(id)));
    return observations.filter(({ state }) => state !== "absent");
  }

  async destroy(id: SandboxId): Promise<void> {
    const creation = this.#creations.get(id);
    creation?.abort.abort();
    await creation?.done.catch(() => undefined);
    await this.#remove(id);
  }

  async dial(id: SandboxId, signal: AbortSignal): Promise<Duplex> {
    const state = await this.#observe(id);
    if (state === "absent") throw new AppError("sandbox.not-found", "no such sandbox", { details: { id } });
    if (state !== "running" && state !== "starting") {
      throw new AppError("sandbox.unreachable", `the sandbox is ${state}`, { details: { id } });
    }
    return this.#connect(id, signal);
  }

  /** Where the agent of `id` listens, for a benchmark that dials from another process. */
  socketPathOf(id: SandboxId): string {
    return this.#pathsOf(id).socket;
  }

  async readHeadroom(): Promise<HostHeadroom> {
    await mkdir(this.#options.folder, { recursive: true });
    const disk = await statfs(this.#options.folder);
    const memory = /^MemAvailable:\s+(\d+) kB/m.exec(await readFile("/proc/meminfo", "utf8").catch(() => ""));
    const freeMiB = os.freemem() / BYTES_PER_MIB;
    return {
      cpuCount: os.cpus().length,
      memoryMiBTotal: Math.floor(os.totalmem() / BYTES_PER_MIB),
      memoryMiBAvailable: Math.floor(memory?.[1] === undefined ? freeMiB : Number(memory[1]) / 1024),
      diskMiBAvailable: Math.floor((disk.bavail * disk.bsize) / BYTES_PER_MIB),
    };
  }

  async #create(id: SandboxId, signal: AbortSignal): Promise<void> {
    const state = await this.#observe(id);
    if (state === "running") return;
    if (state !== "absent" && state !== "starting") {
      throw new AppError("sandbox.start-failed", `the sandbox exists already, ${state}`, { details: { id } });
    }
    try {
      await mkdir(this.#pathsOf(id).home, { recursive: true, mode: 0o700 });
      const createdAtMs = this.#options.clock.nowMs();
      await this.#records.write({ id, createdAtMs, state: "starting", pid: null });
      await this.#start(id, signal);
    } catch (first) {
      // The first error is the one that explains; what is left is found by `list` and reaped.
      await this.#remove(id).catch(() => undefined);
      throw first;
    }
  }

  async #start(id: SandboxId, signal: AbortSignal): Promise<void> {
    const { agentCommand, tokenOf, clock, startTimeoutMs } = this.#options;
    const record = await this.#recordOf(id);
    const paths = this.#pathsOf(id);
    throwIfAborted(signal);
    await mkdir(path.dirname(paths.socket), { recursive: true, mode: 0o700 });
    await rm(paths.socket, { force: true });
    const tokenHash = agentTokenHash(tokenOf(id));
    const { dockerSocketPath = null } = this.#options;
    const config = { tokenHash, socketPath: paths.socket, home: paths.home, dockerSocketPath };
    await writeFile(paths.configFile, JSON.stringify(config), { mode: 0o600 });
    const pid = await startAgentProcess({ ...paths, command: agentCommand });
    await this.#records.write({ ...record, state: "starting", pid });
    const dial = (within: AbortSignal): Promise<Duplex> => this.#connect(id, within);
    const isReady = async (): Promise<boolean> => {
      await readAgentHealth(dial, tokenOf(id), signal);
      return true;
    };
    await waitUntil("the agent answers", isReady, { timeoutMs: startTimeoutMs, clock, signal }).catch(
      (caught: unknown) => {
        if (!isAppError(caught) || caught.code !== "wait.timed-out") throw caught;
        throw new AppError("sandbox.start-timed-out", caught.message, { cause: caught });
      },
    );
    await this.#records.write({ ...record, state: "running", pid });
  }

  async #observe(id: SandboxId): Promise<SandboxObservation["state"]> {
    const record = await this.#records.read(id);
    if (record === undefined) return "absent";
    if (record.state !== "running") return record.state;
    const { configFile } = this.#pathsOf(id);
    return record.pid !== null && (await isAgentAlive(record.pid, configFile)) ? "running" : "broken";
  }

  async #remove(id: SandboxId): Promise<void> {
    const record = await this.#records.read(id);
    const paths = this.#pathsOf(id);
    await stopAgentProcess(record?.pid ?? null, paths);
    await rm(paths.socket, { force: true });
    await this.#records.remove(id);
  }

  async #recordOf(id: SandboxId) {
    const record = await this.#records.read(id);
    if (record === undefined) throw new AppError("sandbox.not-found", "no such sandbox", { details: { id } });
    return record;
  }

  #connect(id: SandboxId, signal: AbortSignal): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const limited = abortWithin(signal, DIAL_TIMEOUT_MS);
      const socket = net.connect({ path: this.#pathsOf(id).socket });
      const abort = (): void => {
        socket.destroy(new Error("aborted"));
      };
      limited.addEventListener("abort", abort, { once: true });
      socket.once("error", (cause) => {
        reject(new AppError("sandbox.unreachable", "the agent's socket does not answer", { cause }));
      });
      socket.once("connect", () => {
        limited.removeEventListener("abort", abort);
        resolve(socket);
      });
      if (limited.aborted) abort();
    });
  }

  /** A socket's path may have 107 bytes at most, so it lies in the temporary folder under a short name. */
  #pathsOf(id: SandboxId) {
    const folder = this.#records.folderOf(id);
    const short = createHash("sha256").update(folder).digest("hex").slice(0, 24);
    return {
      home: path.join(folder, "home"),
      configFile: path.join(folder, "agent.json"),
      logFile: path.join(folder, "agent.log"),
      socket: path.join(os.tmpdir(), "slipway-agents", `${short}.sock`),
    };
  }
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError("wait.aborted", "aborted before the sandbox was started");
}
