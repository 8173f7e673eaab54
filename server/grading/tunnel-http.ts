import http, { Agent, type ClientRequestArgs, type IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { addAbortSignal, type Duplex } from "node:stream";
import tls from "node:tls";
import { AppError } from "../platform/errors";
import type { SandboxAgent, TunnelEndpoint } from "../sandboxes/sandbox-agent";
import type { SandboxId } from "../sandboxes/sandbox";

export interface TunnelRequest {
  readonly method: "GET" | "HEAD";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A longer body is refused, or cut when `mayCut`. */
  readonly bytesMax: number;
  readonly mayCut?: boolean;
}

export interface TunnelAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** HTTP to one endpoint of one sandbox. Keeps a few connections for the time of one reading; whoever made it closes it. */
export interface TunnelHttp {
  /**
   * One request, answered whole within its bounds.
   *
   * @throws AppError `agent.misbehaved` when the body is too long or the connection breaks off, `wait.aborted` for the signal,
   * and what `SandboxAgent.openTunnel` throws.
   */
  request(request: TunnelRequest, signal: AbortSignal): Promise<TunnelAnswer>;
  /** The answer's body as it comes, for streams without an end. Same errors until it has begun. */
  openStream(request: Pick<TunnelRequest, "path" | "headers">, signal: AbortSignal): Promise<IncomingMessage>;
  /** True once there has been a connection, with TLS where that is asked for. */
  readonly hasConnected: boolean;
  close(): void;
}

export interface TunnelHttpTarget {
  readonly agent: Pick<SandboxAgent, "openTunnel">;
  readonly sandboxId: SandboxId;
  readonly endpoint: TunnelEndpoint;
  /** What the other end is asked to prove and what is shown to it; plain HTTP without. */
  readonly tls?: TunnelTls;
  /** Ends connections in the making too. */
  readonly signal: AbortSignal;
  /** Streams without an end hold one each. */
  readonly connectionsMax?: number;
}

/** PEM texts, and the name that the other end's certificate must carry. */
export interface TunnelTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly serverName: string;
}

/** Few, because the other end is one small machine; more than one, because inspecting containers one by one is slow. */
const CONNECTIONS_MAX = 4;

export function createTunnelHttp(target: TunnelHttpTarget): TunnelHttp {
  const connections = new TunnelConnections(target);
  return {
    request: async ({ method, path, headers, bytesMax, mayCut = false }, signal) => {
      const response = await send(connections, { method, path, headers, signal });
      return { status: response.statusCode ?? 0, body: await readBody(response, { bytesMax, mayCut }) };
    },
    openStream: ({ path, headers }, signal) => send(connections, { method: "GET", path, headers, signal }),
    get hasConnected() {
      return connections.hasConnected;
    },
    close: () => {
      connections.destroy();
    },
  };
}

/** node:http over tunnels, which are plain streams: what only sockets have must not be called on them. */
class TunnelConnections extends Agent {
  hasConnected = false;
  readonly #target: TunnelHttpTarget;

  constructor(target: TunnelHttpTarget) {
    super({ keepAlive: true, maxSockets: target.connectionsMax ?? CONNECTIONS_MAX });
    this.#target = target;
  }

  override createConnection(
    _options: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    openConnection(this.#target).then(
      (tunnel) => {
        this.hasConnected = true;
        callback?.(null, tunnel);
      },
      (error: unknown) => callback?.(error as Error, undefined as never),
    );
  }

  override keepSocketAlive(): boolean {
    return true;
  }

  override reuseSocket(): void {
    // Nothing to re-arm on a plain stream.
  }
}

async function openConnection(target: TunnelHttpTarget): Promise<Duplex> {
  const { agent, sandboxId, endpoint, signal } = target;
  const tunnel = await agent.openTunnel(sandboxId, endpoint, signal);
  if (target.tls === undefined) return tunnel;
  // A handshake has no end of its own.
  addAbortSignal(signal, tunnel);
  try {
    return await encrypt(tunnel, target.tls);
  } catch (cause) {
    tunnel.destroy();
    throw new AppError("agent.misbehaved", "no TLS with the other end", { cause });
  }
}

/** What goes wrong after this has resolved ends in whichever request uses the stream. */
function encrypt(tunnel: Duplex, { serverName, ca, cert, key }: TunnelTls): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const secured = tls.connect({
      socket: tunnel,
      host: serverName,
      // An address may not be sent as a name; it is still looked for in the certificate.
      ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
    const breakOff = (): void => {
      reject(new Error("the connection broke off"));
    };
    tunnel.once("close", breakOff);
    secured.once("error", reject);
    secured.once("secureConnect", () => {
      tunnel.off("close", breakOff);
      secured.off("error", reject);
      resolve(secured);
    });
  });
}

interface Sending {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly signal: AbortSignal;
}

function send(connections: Agent, { headers = {}, ...options }: Sending): Promise<IncomingMessage> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    const request = http.request({ agent: connections, host: "sandbox", headers, ...options });
    request.once("response", resolve);
    request.once("error", (cause) => {
      reject(translate(cause, signal));
    });
    request.end();
  });
}

async function readBody(
  response: IncomingMessage,
  { bytesMax, mayCut }: { readonly bytesMax: number; readonly mayCut: boolean },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > bytesMax) break;
    }
  } catch (cause) {
    throw new AppError("agent.misbehaved", "the answer broke off", { cause });
  }
  if (length > bytesMax && !mayCut) {
    throw new AppError("agent.misbehaved", `an answer of more than ${bytesMax} bytes`);
  }
  return Buffer.concat(chunks).subarray(0, bytesMax);
}

function translate(cause: Error, signal: AbortSignal): Error {
  if (cause instanceof AppError) return cause;
  if (signal.aborted) return new AppError("wait.aborted", "a reading was aborted", { cause });
  return new AppError("agent.misbehaved", `no HTTP answer: ${cause.message}`, { cause });
}
