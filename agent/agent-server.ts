import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { rm } from "node:fs/promises";
import net from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { z } from "zod";
import { COLUMNS_MAX, FRAME_BYTES_MAX, ROWS_MAX } from "../server/protocol/terminal-frames";
import type { Account } from "./account";
import type { AgentConfig } from "./agent-config";
import { bindingSchema, type AttendeeBinding } from "./binding";
import type { ClusterHealth } from "./cluster-health";
import { commandSchema, runCommand } from "./commands";
import { receiveFile, sendFile } from "./files";
import { readEngineState } from "./health";
import { readJson, Refusal, writeJson } from "./http-io";
import type { Terminal } from "./terminals/terminal";
import { TERMINALS_MAX, type Terminals } from "./terminals/terminals";
import { Tunnels } from "./tunnels";

export interface AgentServerOptions {
  readonly config: AgentConfig;
  readonly account: Account;
  readonly searchPath: string;
  readonly version: string;
  readonly terminals: Terminals;
  readonly binding: AttendeeBinding;
  readonly clusterHealth: ClusterHealth;
}

const HEADER_BYTES_MAX = 8 * 1024;
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** Tunnels, attachments and calls in flight; the server needs far fewer. */
const CONNECTIONS_MAX = 256;
const CALL_BYTES_MAX = 1024 * 1024;
const TERMINAL_PATH = /^\/v1\/terminals\/([0-9a-f]{1,64})(\/attach)?$/;

const sizeSchema = z.object({
  columns: z.number().int().min(2).max(COLUMNS_MAX),
  rows: z.number().int().min(1).max(ROWS_MAX),
});
const attachSchema = z.object({
  clientId: z.string().regex(/^[\w-]{1,64}$/),
  offset: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .nullable(),
  readOnly: z.enum(["true", "false"]).transform((text) => text === "true"),
});

/** The agent's whole surface, HTTP and WebSocket. Nothing is answered without the token, not even what is missing. */
export class AgentServer {
  readonly #options: AgentServerOptions;
  readonly #tunnels: Tunnels;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: FRAME_BYTES_MAX,
  });
  readonly #server: Server;
  /** Another door to the same server. */
  readonly #relayServer = net.createServer((socket) => this.#server.emit("connection", socket));
  readonly #startedAtMs = Date.now();

  constructor(options: AgentServerOptions) {
    this.#options = options;
    this.#tunnels = new Tunnels({
      dockerSocketPath: options.config.dockerSocketPath,
      account: options.account,
    });
    this.#server = createServer({ maxHeaderSize: HEADER_BYTES_MAX, noDelay: true });
    this.#server.headersTimeout = HEADERS_TIMEOUT_MS;
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS;
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#server.on("request", (request, response) => {
      void this.#answer(request, response);
    });
    this.#server.on("upgrade", (request, stream, head) => {
      void this.#upgrade(request, stream, head);
    });
  }

  /** Resolves once connections are accepted. */
  async listen(): Promise<void> {
    const { port, socketPath, relaySocketPath } = this.#options.config;
    if (relaySocketPath !== undefined) {
      // An agent that was killed leaves it.
      await rm(relaySocketPath, { force: true });
      this.#relayServer.listen(relaySocketPath);
    }
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      const onListening = (): void => {
        this.#server.off("error", reject);
        resolve();
      };
      if (socketPath === undefined) this.#server.listen(port, onListening);
      else this.#server.listen(socketPath, onListening);
    });
  }

  /** Ends every terminal, tunnel and connection. */
  async close(): Promise<void> {
    this.#server.close();
    this.#relayServer.close();
    this.#tunnels.closeAll();
    this.#options.clusterHealth.close();
    await this.#options.terminals.closeAll();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      this.#authorize(request);
      await this.#route(request, response);
    } catch (error) {
      const refusal = asRefusal(error);
      if (response.headersSent) response.destroy();
      else writeJson(response.setHeader("connection", "close"), refusal.status, { message: refusal.message });
    }
  }

  async #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    stream.on("error", () => stream.destroy());
    try {
      this.#authorize(request);
      const url = urlOf(request);
      const endpoint = /^\/v1\/tunnels\/([a-z0-9:]{1,32})$/.exec(url.pathname)?.[1];
      if (endpoint !== undefined) await this.#tunnels.join(endpoint, stream, head);
      else this.#attach(url, { request, stream, head });
    } catch (error) {
      const { status, message } = asRefusal(error);
      const body = JSON.stringify({ message });
      stream.end(
        `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    }
  }

  #authorize(request: IncomingMessage): void {
    const token = /^Bearer ([\w.~+/=-]{1,512})$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const seen = createHash("sha256").update(token).digest();
    const expected = Buffer.from(this.#options.config.tokenHash, "hex");
    if (!timingSafeEqual(seen, expected)) throw new Refusal(401, "wrong token");
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = urlOf(request);
    const route = `${request.method ?? ""} ${url.pathname}`;
    switch (route) {
      case "GET /v1/health":
        writeJson(response, 200, await this.#health());
        return;
      case "PUT /v1/binding":
        await this.#bind(request);
        response.writeHead(204).end();
        return;
      case "GET /v1/terminals":
        writeJson(response, 200, { terminals: this.#options.terminals.list().map(describeTerminal) });
        return;
      case "POST /v1/terminals":
        await this.#openTerminal(request, response);
        return;
      case "POST /v1/commands":
        await this.#runCommand(request, response);
        return;
      case "GET /v1/files":
        await sendFile(url, response, this.#options);
        return;
      case "PUT /v1/files":
        await receiveFile(url, request, this.#options);
        response.writeHead(204).end();
        return;
      default:
        await this.#closeTerminal(request, response, url);
    }
  }

  async #health(): Promise<object> {
    const { config, clusterHealth, version } = this.#options;
    const [engine, cluster] = await Promise.all([
      readEngineState(config.dockerSocketPath),
      clusterHealth.read(),
    ]);
    return { version, uptimeMs: Date.now() - this.#startedAtMs, engine, cluster };
  }

  async #bind(request: IncomingMessage): Promise<void> {
    const binding = bindingSchema.safeParse(await readJson(request, CALL_BYTES_MAX));
    if (!binding.success) throw new Refusal(400, "bad binding");
    await this.#options.binding.take(binding.data);
  }

  async #openTerminal(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const size = sizeSchema.safeParse(await readJson(request, CALL_BYTES_MAX));
    if (!size.success) throw new Refusal(400, "bad size");
    const terminal = this.#options.terminals.open(size.data);
    if (terminal === undefined) throw new Refusal(429, `there are ${TERMINALS_MAX} terminals already`);
    writeJson(response, 201, describeTerminal(terminal));
  }

  async #closeTerminal(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const [, terminalId, suffix] = TERMINAL_PATH.exec(url.pathname) ?? [];
    if (terminalId === undefined || suffix !== undefined || request.method !== "DELETE") {
      throw new Refusal(404, "no such call");
    }
    await this.#options.terminals.close(terminalId);
    response.writeHead(204).end();
  }

  async #runCommand(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const command = commandSchema.safeParse(await readJson(request, CALL_BYTES_MAX));
    if (!command.success) throw new Refusal(400, "bad command");
    const abort = new AbortController();
    response.on("close", () => {
      abort.abort();
    });
    writeJson(response, 200, await runCommand(command.data, { ...this.#options, signal: abort.signal }));
  }

  #attach(url: URL, upgrade: { request: IncomingMessage; stream: Duplex; head: Buffer }): void {
    const [, terminalId = "", suffix] = TERMINAL_PATH.exec(url.pathname) ?? [];
    const terminal = suffix === undefined ? undefined : this.#options.terminals.find(terminalId);
    if (terminal === undefined) throw new Refusal(404, "no such terminal");
    const asked = attachSchema.safeParse({
      clientId: url.searchParams.get("clientId"),
      offset: url.searchParams.get("offset"),
      readOnly: url.searchParams.get("readOnly") ?? "false",
    });
    if (!asked.success) throw new Refusal(400, "bad attachment");
    const { clientId, offset, readOnly } = asked.data;
    this.#sockets.handleUpgrade(upgrade.request, upgrade.stream, upgrade.head, (socket) => {
      terminal.attach({ socket, clientId, offset, isReadOnly: readOnly });
    });
  }
}

function describeTerminal(terminal: Terminal): object {
  const { terminalId, title, openedAtMs } = terminal;
  return { terminalId, title, openedAtMs, isExited: terminal.exit !== undefined };
}

function urlOf(request: IncomingMessage): URL {
  try {
    return new URL(request.url ?? "/", "http://agent");
  } catch {
    throw new Refusal(400, "bad address");
  }
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  return new Refusal(500, error instanceof Error ? error.message : "unexpected");
}
