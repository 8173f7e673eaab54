import { Agent, request } from "node:https";
import { z } from "zod";
import type { Profile } from "../server/protocol/profile";
import { Kubeconfig, localPort, type ClusterEntry } from "./kubeconfig";

export type ClusterState = "up" | "starting" | "down" | "absent";

export interface ClusterHealthOptions {
  readonly profile: Profile;
  /** The attendee's home, with their kubeconfig. */
  readonly home: string;
  /** Epoch milliseconds, as `readMachineStart` tells. */
  readonly machineStartedAtMs: number;
  /** Monotonic. */
  readonly monotonicMs?: () => number;
}

/** A cluster that is not up this long after the machine's start is not starting any more. */
export const STARTING_MS = 120_000;
/** How long an "up" is believed: health is asked for many times a second, and several callers ask at once. */
export const UP_MS = 1_000;
const ANSWER_TIMEOUT_MS = 2_000;
/** Three nodes with all their images' names are about 50 KiB. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

const nodesSchema = z.object({
  items: z
    .array(
      z.object({
        status: z.object({
          conditions: z
            .array(
              z.object({ type: z.string(), status: z.string(), lastHeartbeatTime: z.string().nullish() }),
            )
            .default([]),
        }),
      }),
    )
    .min(1),
});

/** Whether the sandbox's cluster answers, at the price of at most one request at a time over one connection. */
export class ClusterHealth {
  readonly #profile: Profile;
  readonly #machineStartedAtMs: number;
  readonly #monotonicMs: () => number;
  readonly #kubeconfig: Kubeconfig;
  #connection: { readonly entry: ClusterEntry; readonly agent: Agent } | undefined;
  #asking: Promise<ClusterState> | undefined;
  #upUntilMs = -Infinity;

  constructor({ profile, home, machineStartedAtMs, monotonicMs }: ClusterHealthOptions) {
    this.#profile = profile;
    this.#machineStartedAtMs = machineStartedAtMs;
    this.#monotonicMs = monotonicMs ?? (() => performance.now());
    this.#kubeconfig = new Kubeconfig(home);
  }

  /**
   * `absent` when the profile has no cluster or the kubeconfig names none on this machine; `up` when its API answers and every node
   * has said since the machine's start that it is Ready.
   */
  async read(): Promise<ClusterState> {
    if (this.#profile === "docker") return "absent";
    if (this.#monotonicMs() < this.#upUntilMs) return "up";
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  close(): void {
    this.#connection?.agent.destroy();
  }

  async #ask(): Promise<ClusterState> {
    const entry = await this.#kubeconfig.readCurrent();
    const port = entry === undefined ? undefined : localPort(entry);
    if (entry === undefined || port === undefined) return "absent";
    const nodes = await readNodes(this.#agentFor(entry), port);
    if (nodes !== undefined && this.#areReady(nodes)) {
      this.#upUntilMs = this.#monotonicMs() + UP_MS;
      return "up";
    }
    return Date.now() - this.#machineStartedAtMs < STARTING_MS ? "starting" : "down";
  }

  /** A woken cluster remembers that its nodes were Ready: only what they said after the start counts. */
  #areReady({ items }: z.output<typeof nodesSchema>): boolean {
    // Kubernetes tells whole seconds.
    const since = Math.floor(this.#machineStartedAtMs / 1_000) * 1_000;
    return (
      items.length > 0 &&
      items.every(({ status }) => {
        const ready = status.conditions.find(({ type }) => type === "Ready");
        return ready?.status === "True" && Date.parse(ready.lastHeartbeatTime ?? "") >= since;
      })
    );
  }

  #agentFor(entry: ClusterEntry): Agent {
    if (this.#connection?.entry !== entry) {
      this.#connection?.agent.destroy();
      const { ca, cert, key } = entry;
      const agent = new Agent({ keepAlive: true, maxSockets: 1, ca, cert, key });
      this.#connection = { entry, agent };
    }
    return this.#connection.agent;
  }
}

/** The API's nodes; undefined when it does not answer, or not with nodes. */
async function readNodes(agent: Agent, port: number): Promise<z.output<typeof nodesSchema> | undefined> {
  try {
    const body = await fetchText(agent, port);
    return nodesSchema.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

function fetchText(agent: Agent, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const asked = request({ agent, host: "127.0.0.1", port, path: "/api/v1/nodes", signal }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("error", reject);
      response.on("data", (chunk: string) => {
        body += chunk;
        if (body.length > ANSWER_BYTES_MAX) asked.destroy(new Error("too long"));
      });
      response.on("end", () => {
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`the API answered ${response.statusCode ?? 0}`));
      });
    });
    asked.on("error", reject);
    asked.end();
  });
}
