import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { AppError } from "../../../platform/errors";
import { AGENT_PORT, AGENT_RELAY_SOCKET } from "../../agent-token";
import type { EngineApi } from "./engine-api";
import { execDuplex } from "./exec-stream";

/** A container on this machine answers or refuses within a millisecond; silence means that there is no route to it. */
const CONNECT_MS_MAX = 1_000;

export interface DialTarget {
  readonly containerId: string;
  /** On the sandbox's own bridge. */
  readonly address: string;
}

/**
 * Opens streams to agents: straight to the container's address where this server has a route to it, else through a relay
 * that the engine runs inside the container (a remote engine, Docker Desktop, a server in a container of its own, an attendee who
 * rewrote the sandbox's firewall). Which of the two it is, is found out once per container.
 */
export class AgentDialer {
  readonly #engine: EngineApi;
  readonly #relayed = new Set<string>();

  constructor(engine: EngineApi) {
    this.#engine = engine;
  }

  /** @throws AppError `sandbox.unreachable` | `driver.unreachable` | `wait.aborted` */
  async dial(target: DialTarget, signal: AbortSignal): Promise<Duplex> {
    if (!this.#relayed.has(target.containerId)) {
      const outcome = await connectDirectly(target.address, signal);
      if (typeof outcome !== "string") return outcome;
      if (outcome === "refused") {
        throw new AppError(
          "sandbox.unreachable",
          `nothing listens on the agent's port of ${target.containerId}`,
        );
      }
    }
    const stream = await this.#relay(target.containerId, signal);
    this.#relayed.add(target.containerId);
    return stream;
  }

  /** Forgets a container that is gone or was started anew. */
  forget(containerId: string): void {
    this.#relayed.delete(containerId);
  }

  async #relay(containerId: string, signal: AbortSignal): Promise<Duplex> {
    const exec = await this.#engine.call(
      "create relay",
      (docker) =>
        docker.getContainer(containerId).exec({
          Cmd: ["socat", "-", `UNIX-CONNECT:${AGENT_RELAY_SOCKET}`],
          AttachStdin: true,
          AttachStdout: true,
          AttachStderr: true,
        }),
      { signal },
    );
    const attached = await this.#engine.call("start relay", () => exec.start({ hijack: true, stdin: true }), {
      signal,
    });
    return execDuplex(attached);
  }
}

type Refusal = "refused" | "no-route";

async function connectDirectly(address: string, signal: AbortSignal): Promise<Duplex | Refusal> {
  signal.throwIfAborted();
  const socket = connect({ host: address, port: AGENT_PORT, noDelay: true });
  const { onAbort, outcome } = settle(socket);
  signal.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(onAbort, CONNECT_MS_MAX);
  try {
    const result = await outcome;
    if (result === "connected") return socket;
    socket.destroy();
    if (signal.aborted) throw new AppError("wait.aborted", `dialling ${address}: aborted`);
    return result;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

function settle(socket: ReturnType<typeof connect>) {
  let onAbort = (): void => undefined;
  const outcome = new Promise<"connected" | Refusal>((resolve) => {
    onAbort = () => {
      resolve("no-route");
    };
    socket.once("connect", () => {
      resolve("connected");
    });
    // Also keeps a later error of a socket that nobody listens to from ending the process.
    socket.on("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code === "ECONNREFUSED" ? "refused" : "no-route");
    });
  });
  return {
    onAbort: () => {
      onAbort();
    },
    outcome,
  };
}
