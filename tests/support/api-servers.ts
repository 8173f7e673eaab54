import { readFileSync } from "node:fs";
import http, { type IncomingMessage, type RequestListener, type Server } from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import path from "node:path";
import { stringify } from "yaml";
import type { AgentHealth, FileReading, SandboxAgent } from "../../server/sandboxes/sandbox-agent";
import type { SandboxId } from "../../server/sandboxes/sandbox";
import { AppError } from "../../server/platform/errors";

/** What an attendee may have put in place of their sandbox's two APIs: real servers that say whatever a test wants. */
export interface ApiServers {
  readonly id: SandboxId;
  readonly agent: Pick<SandboxAgent, "openTunnel" | "readFile" | "readHealth" | "runCommand">;
  /** What the agent says of itself; may be changed. */
  health: AgentHealth;
  /** The attendee's `~/.kube/config`; null when there is none. May be changed. */
  kubeconfig: string | null;
  /** Every request to the cluster, in order. */
  readonly asked: readonly { readonly path: string; readonly authorization: string | undefined }[];
  /** Connections to the cluster that are open. */
  openCount(): Promise<number>;
  close(): Promise<void>;
}

const certificate = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, "certificates", name), "utf8");

export interface ApiServersOptions {
  readonly engine?: RequestListener;
  readonly cluster?: RequestListener;
  /** False for a cluster that does not speak TLS. */
  readonly isSecure?: boolean;
}

/** Answers every request with `value` as JSON. */
export function sendJson(response: http.ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

/** A kubeconfig as kind writes it; the address in it is never dialled. */
export function kubeconfigText(user: object = {}): string {
  const base64 = (name: string): string => Buffer.from(certificate(name)).toString("base64");
  const key = { "client-certificate-data": base64("server.crt"), "client-key-data": base64("server.key") };
  const server = "https://127.0.0.1:1";
  return stringify({
    "current-context": "kind-kind",
    contexts: [{ name: "kind-kind", context: { cluster: "kind-kind", user: "kind-kind" } }],
    clusters: [{ name: "kind-kind", cluster: { server, "certificate-authority-data": base64("ca.crt") } }],
    users: [{ name: "kind-kind", user: { ...key, ...user } }],
  });
}

export async function startApiServers({
  engine = (_, response) => {
    sendJson(response, []);
  },
  cluster = (_, response) => {
    sendJson(response, {}, 404);
  },
  isSecure = true,
}: ApiServersOptions): Promise<ApiServers> {
  const asked: { path: string; authorization: string | undefined }[] = [];
  const listener: RequestListener = (request: IncomingMessage, response) => {
    asked.push({ path: request.url ?? "", authorization: request.headers.authorization });
    cluster(request, response);
  };
  const tls = {
    ...{ key: certificate("server.key"), cert: certificate("server.crt"), ca: certificate("ca.crt") },
    ...{ requestCert: true, rejectUnauthorized: true },
  };
  const servers: Readonly<Record<string, Server>> = {
    docker: http.createServer(engine),
    kubernetes: isSecure ? https.createServer(tls, listener) : http.createServer(listener),
  };
  await Promise.all(Object.values(servers).map(listen));
  const started: ApiServers = {
    id: "00000000-0000-4000-8000-000000000001" as SandboxId,
    health: { version: "1", uptimeMs: 1, engine: "up", cluster: "up" },
    kubeconfig: kubeconfigText(),
    asked,
    agent: {
      openTunnel: async (_, endpoint, signal) => {
        const server = servers[endpoint];
        if (server === undefined) throw new AppError("agent.unreachable", "nothing answers there");
        return dial(server, signal);
      },
      readFile: async () => fileOf(started.kubeconfig),
      readHealth: async () => started.health,
      runCommand: async () => ({ exitCode: 0, stdout: "", stderr: "" }),
    },
    openCount: () =>
      new Promise((resolve, reject) => {
        servers["kubernetes"]?.getConnections((error, count) => {
          if (error === null) resolve(count);
          else reject(error);
        });
      }),
    close: async () => {
      await Promise.all(Object.values(servers).map(close));
    },
  };
  return started;
}

function fileOf(text: string | null): FileReading {
  if (text === null) return { kind: "absent" };
  const bytes = Buffer.from(text);
  return { kind: "file", bytes, sizeBytes: bytes.length, isTruncated: false, mode: 0o600 };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

function dial(server: Server, signal: AbortSignal): Promise<net.Socket> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: "127.0.0.1", port, signal });
    socket.once("connect", () => {
      resolve(socket);
    });
    socket.once("error", (cause) => {
      reject(new AppError("agent.unreachable", "nothing answers there", { cause }));
    });
  });
}
