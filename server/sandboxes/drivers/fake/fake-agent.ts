import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import {
  decodeClientFrame,
  encodeInputAck,
  encodeMessage,
  encodeOutput,
} from "../../../protocol/terminal-frames";
import { duplexPair } from "./duplex-pair";

interface FakeTerminal {
  readonly terminalId: string;
  readonly openedAtMs: number;
  output: Buffer;
  readonly sockets: Set<WebSocket>;
}

const TERMINALS_MAX = 8;
const BODY_BYTES_MAX = 16 * 1024 * 1024;
const PROMPT = "fake:~$ ";

/** A small agent in memory: health, terminals that echo what is typed, files in a map, commands that succeed silently. */
export class FakeAgent {
  /** What survives a sleep. */
  readonly files: Map<string, Buffer>;
  readonly #terminals = new Map<string, FakeTerminal>();
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly #streams = new Set<Duplex>();
  readonly #server = createServer((request, response) => {
    void this.#answer(request, response);
  });
  readonly #startedAtMs = Date.now();
  #terminalCount = 0;

  constructor(files: Map<string, Buffer>) {
    this.files = files;
    this.#server.on("upgrade", (request, stream, head) => {
      const id = /^\/v1\/terminals\/([^/]+)\/attach/.exec(request.url ?? "")?.[1] ?? "";
      const terminal = this.#terminals.get(id);
      if (terminal === undefined) stream.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
      else {
        this.#sockets.handleUpgrade(request, stream, head, (socket) => {
          attach(terminal, socket);
        });
      }
    });
  }

  /** A stream to this agent. */
  connect(): Duplex {
    const [ours, theirs] = duplexPair();
    this.#streams.add(theirs);
    theirs.once("close", () => this.#streams.delete(theirs));
    this.#server.emit("connection", theirs);
    return ours;
  }

  /** Ends every stream, as a stopped machine would. */
  stop(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://agent");
    const body = await readBody(request);
    const path = url.searchParams.get("path") ?? "";
    switch (`${request.method ?? ""} ${url.pathname}`) {
      case "GET /v1/health":
        json(response, 200, {
          version: "fake",
          uptimeMs: Date.now() - this.#startedAtMs,
          engine: "absent",
          cluster: "absent",
        });
        return;
      case "GET /v1/terminals":
        json(response, 200, { terminals: [...this.#terminals.values()].map(describe) });
        return;
      case "POST /v1/terminals":
        this.#openTerminal(response);
        return;
      case "POST /v1/commands":
        json(response, 200, { exitCode: 0, stdout: "", stderr: "" });
        return;
      case "PUT /v1/files":
        this.files.set(path, body);
        response.writeHead(204).end();
        return;
      case "GET /v1/files":
        sendFile(response, this.files.get(path));
        return;
      default:
        this.#terminals.delete(url.pathname.replace("/v1/terminals/", ""));
        response.writeHead(204).end();
    }
  }

  #openTerminal(response: ServerResponse): void {
    if (this.#terminals.size >= TERMINALS_MAX) {
      json(response, 429, { message: "too many" });
      return;
    }
    this.#terminalCount += 1;
    const terminalId = `fake${this.#terminalCount}`;
    const terminal = {
      terminalId,
      openedAtMs: Date.now(),
      output: Buffer.from(PROMPT),
      sockets: new Set<WebSocket>(),
    };
    this.#terminals.set(terminalId, terminal);
    json(response, 201, describe(terminal));
  }
}

function attach(terminal: FakeTerminal, socket: WebSocket): void {
  const { terminalId } = terminal;
  const attached = { terminalId, columns: 80, rows: 24, isReadOnly: false, inputOffset: 0, isRedrawn: true };
  terminal.sockets.add(socket);
  socket.on("close", () => terminal.sockets.delete(socket));
  socket.on("error", () => {
    socket.terminate();
  });
  socket.send(encodeMessage("attached", attached));
  socket.send(encodeOutput("screen", 0, new Uint8Array()));
  socket.send(encodeOutput("output", 0, terminal.output));
  socket.on("message", (message: Buffer) => {
    const frame = decodeClientFrame(message);
    if (frame?.type !== "input") return;
    const echoed = Buffer.from(
      Buffer.from(frame.bytes)
        .toString()
        .replace(/[\r\n]/g, `\r\n${PROMPT}`),
    );
    const offset = terminal.output.length;
    terminal.output = Buffer.concat([terminal.output, echoed]);
    socket.send(encodeInputAck(frame.inputOffset + frame.bytes.length));
    for (const each of terminal.sockets) each.send(encodeOutput("output", offset, echoed));
  });
}

function describe({ terminalId, openedAtMs }: FakeTerminal): object {
  return { terminalId, title: "fake", openedAtMs, isExited: false };
}

function sendFile(response: ServerResponse, bytes: Buffer | undefined): void {
  if (bytes === undefined) json(response, 404, { message: "no such file" });
  else {
    response
      .writeHead(200, { "content-length": bytes.length, "x-size-bytes": bytes.length, "x-mode": 0o644 })
      .end(bytes);
  }
}

function json(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
