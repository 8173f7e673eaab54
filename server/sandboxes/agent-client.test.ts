import { createHash } from "node:crypto";
import type { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../platform/errors";
import { createSandboxAgent } from "./agent-client";
import { duplexPair } from "./drivers/fake/duplex-pair";
import type { SandboxId } from "./sandbox";
import type { SandboxAgent } from "./sandbox-agent";

const ID = "hostile" as SandboxId;
const SOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const MIB = 1024 * 1024;
const OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
const never = (): AbortSignal => new AbortController().signal;

/** What an agent does with a stream once it has read the head of the request. */
type Behaviour = (stream: Duplex, requestHead: string) => void;

/** An agent's client whose every stream ends in `behave`. */
function clientOf(behave: Behaviour) {
  const streams: Duplex[] = [];
  const agent = createSandboxAgent({
    tokenOf: () => "token",
    access: {
      dial: async () => {
        const [near, far] = duplexPair();
        streams.push(near);
        far.on("error", () => undefined);
        far.once("data", (head: Buffer) => {
          behave(far, head.toString());
        });
        return near;
      },
    },
  });
  return { agent, streams };
}

/** Writes `block` until the peer has gone; answers how much was taken. */
function flood(stream: Duplex, block: Buffer): { takenBytes: number } {
  const count = { takenBytes: 0 };
  const next = (): void => {
    // A gigabyte is the end of the world.
    if (stream.destroyed || count.takenBytes > 1_000 * MIB) return;
    stream.write(block, () => {
      count.takenBytes += block.length;
      setImmediate(next);
    });
  };
  next();
  return count;
}

async function codeOf(call: Promise<unknown>): Promise<ErrorCode | "success"> {
  return call.then(
    () => "success" as const,
    (error: unknown) => (error as { code: ErrorCode }).code,
  );
}

const attach = (agent: SandboxAgent, signal = never()) =>
  agent.attach(ID, { terminalId: "a", clientId: "b", offset: null, isReadOnly: false }, signal);

function acceptSocket(stream: Duplex, requestHead: string): void {
  const key = /^sec-websocket-key: (.*)$/im.exec(requestHead)?.[1]?.trim() ?? "";
  const accept = createHash("sha1")
    .update(key + SOCKET_GUID)
    .digest("base64");
  stream.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
}

/** A binary message in 80 parts of 1 KiB, which still goes on. */
function endlessMessage(): Buffer {
  const parts = Array.from({ length: 80 }, (_, index) =>
    Buffer.concat([Buffer.from([index === 0 ? 0x02 : 0x00, 126, 4, 0]), Buffer.alloc(1_024)]),
  );
  return Buffer.concat(parts);
}

describe("an agent's client against a hostile agent", () => {
  it.each([
    ["with its length", `${OK}Content-Length: 1000000000\r\n\r\n`, Buffer.alloc(64 * 1024, " ")],
    [
      "in chunks",
      `${OK}Transfer-Encoding: chunked\r\n\r\n`,
      Buffer.from(`4000\r\n${" ".repeat(0x4000)}\r\n`),
    ],
    ["without an end", `${OK}Connection: close\r\n\r\n`, Buffer.alloc(64 * 1024, " ")],
  ])("reads no more than it has to of a gigabyte %s", async (_, head, block) => {
    let count = { takenBytes: 0 };
    const { agent, streams } = clientOf((stream) => {
      stream.write(head);
      count = flood(stream, block);
    });
    expect(await codeOf(agent.listTerminals(ID, never()))).toBe("agent.misbehaved");
    expect(count.takenBytes).toBeLessThan(2 * MIB);
    expect(streams.every((stream) => stream.destroyed)).toBe(true);
  });

  it("reads no more of a file than was asked for", async () => {
    let count = { takenBytes: 0 };
    const { agent } = clientOf((stream) => {
      stream.write(
        "HTTP/1.1 200 OK\r\nX-Size-Bytes: 10\r\nX-Mode: 420\r\nContent-Length: 1000000000\r\n\r\n",
      );
      count = flood(stream, Buffer.alloc(64 * 1024));
    });
    const reading = agent.readFile(ID, { path: "/x", bytesMax: 1_000 }, never());
    expect(await codeOf(reading)).toBe("agent.misbehaved");
    expect(count.takenBytes).toBeLessThan(4 * MIB);
  });

  const BIG_HEADER = `HTTP/1.1 200 OK\r\nX-Big: ${"x".repeat(MIB)}\r\n\r\n`;
  it.each<[string, ErrorCode, string]>([
    ["malformed JSON", "agent.misbehaved", `${OK}Content-Length: 3\r\n\r\n{a}`],
    ["JSON of another shape", "agent.misbehaved", `${OK}Content-Length: 16\r\n\r\n{"terminals":[1]}`],
    ["nested JSON", "agent.misbehaved", `${OK}Content-Length: 200000\r\n\r\n${"[".repeat(200_000)}`],
    ["what is not HTTP", "agent.misbehaved", "\u0000\u0001 SSH-2.0\r\n\r\n"],
    ["giant headers", "agent.misbehaved", BIG_HEADER],
    ["two lengths", "agent.misbehaved", `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}`],
    ["an error", "agent.misbehaved", "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"],
    [
      "another place",
      "agent.misbehaved",
      "HTTP/1.1 302 Go\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n",
    ],
  ])("refuses %s", async (_, code, answer) => {
    const { agent, streams } = clientOf((stream) => stream.write(answer));
    expect(await codeOf(agent.listTerminals(ID, never()))).toBe(code);
    expect(streams.every((stream) => stream.destroyed)).toBe(true);
  });

  it("says that an agent which hangs up is unreachable", async () => {
    const early = clientOf((stream) => stream.destroy());
    const late = clientOf((stream) => stream.end(`${OK}Content-Length: 100\r\n\r\n{`));
    expect(await codeOf(early.agent.listTerminals(ID, never()))).toBe("agent.unreachable");
    expect(await codeOf(late.agent.listTerminals(ID, never()))).toBe("agent.unreachable");
  });

  it("waits for a silent, a slow and a chatty agent no longer than the deadline", async () => {
    const drip = (text: string): Behaviour => {
      return (stream) => {
        const timer = setInterval(() => stream.write(text), 20);
        stream.on("close", () => {
          clearInterval(timer);
        });
      };
    };
    const silent = clientOf(() => undefined);
    const slow = clientOf((stream, head) => {
      stream.write(`${OK}Content-Length: 100000\r\n\r\n`);
      drip(" ")(stream, head);
    });
    const chatty = clientOf(drip("HTTP/1.1 102 Processing\r\n\r\n"));
    const startedAt = performance.now();
    const clients = [silent, slow, chatty];
    const codes = await Promise.all(clients.map(({ agent }) => codeOf(agent.readHealth(ID, never()))));
    expect(codes).toEqual(["agent.unreachable", "agent.unreachable", "agent.unreachable"]);
    expect(performance.now() - startedAt).toBeLessThan(6_000);
    expect(clients.every(({ streams }) => streams.every((stream) => stream.destroyed))).toBe(true);
  });

  it("stops at once when its caller does", async () => {
    const { agent, streams } = clientOf(() => undefined);
    const abort = new AbortController();
    setImmediate(() => {
      abort.abort();
    });
    expect(await codeOf(agent.listTerminals(ID, abort.signal))).toBe("wait.aborted");
    expect(await codeOf(attach(agent, abort.signal))).toBe("wait.aborted");
    expect(streams.every((stream) => stream.destroyed)).toBe(true);
  });
});

describe("what an agent's client says and hears", () => {
  const BINDING = {
    hostName: "ada",
    attendeeName: "Ada Lovelace",
    registry: { prefix: "ada", password: "s3cret" },
  };

  it("binds with one call and wants nothing but a success", async () => {
    let request = "";
    const { agent, streams } = clientOf((stream, head) => {
      request = head;
      stream.on("data", (body: Buffer) => {
        request += body.toString();
        stream.write("HTTP/1.1 204 No Content\r\n\r\n");
      });
    });
    await agent.bind(ID, BINDING, never());
    expect(request).toMatch(/^PUT \/v1\/binding HTTP\/1\.1\r\n/);
    expect(JSON.parse(request.split("\r\n\r\n")[1] ?? "")).toEqual(BINDING);
    expect(streams).toHaveLength(1);
    expect(streams.every((stream) => stream.destroyed)).toBe(true);
  });

  it.each([400, 404, 500])("does not take a %i for a binding", async (status) => {
    const { agent } = clientOf((stream) =>
      stream.write(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`),
    );
    expect(await codeOf(agent.bind(ID, BINDING, never()))).toBe("agent.misbehaved");
  });

  const answering = (health: object) => {
    const body = JSON.stringify({ version: "1", uptimeMs: 5, engine: "up", ...health });
    return clientOf((stream) => stream.write(`${OK}Content-Length: ${body.length}\r\n\r\n${body}`)).agent;
  };

  it("reads the cluster's health, and absent from an agent of before there were clusters", async () => {
    expect(await answering({ cluster: "starting" }).readHealth(ID, never())).toMatchObject({
      cluster: "starting",
    });
    expect(await answering({}).readHealth(ID, never())).toMatchObject({ cluster: "absent" });
    expect(await codeOf(answering({ cluster: "fine" }).readHealth(ID, never()))).toBe("agent.misbehaved");
  });
});

describe("an attachment to a hostile agent", () => {
  it.each<[string, ErrorCode, string]>([
    ["giant headers", "agent.misbehaved", `HTTP/1.1 101 S\r\nX-Big: ${"x".repeat(MIB)}\r\n\r\n`],
    ["what is not HTTP", "agent.misbehaved", "nonsense\r\n\r\n"],
    ["another status", "agent.misbehaved", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
    ["no such terminal", "terminal.not-found", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"],
    [
      "a wrong key",
      "agent.unreachable",
      "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n",
    ],
  ])("is refused: %s", async (_, code, answer) => {
    const { agent, streams } = clientOf((stream) => stream.write(answer));
    expect(await codeOf(attach(agent))).toBe(code);
    expect(streams.every((stream) => stream.destroyed)).toBe(true);
  });

  it.each([
    ["a text frame", Buffer.from([0x81, 1, 0x61])],
    ["reserved bits", Buffer.from([0xf2, 1, 0x61])],
    ["an unknown kind of frame", Buffer.from([0x83, 0])],
    ["a frame of a terabyte", Buffer.from([0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0])],
    ["a masked frame", Buffer.from([0x82, 0x81, 1, 2, 3, 4, 5])],
    ["compressed nonsense", Buffer.from([0xc2, 1, 0x61])],
    ["a message that never ends", endlessMessage()],
    [
      "more than waits for a listener",
      Buffer.concat(Array.from({ length: 300 }, () => Buffer.from([0x82, 1, 1]))),
    ],
  ])("ends: %s", async (_, bytes) => {
    const { agent, streams } = clientOf((stream, head) => {
      acceptSocket(stream, head);
      stream.write(bytes);
    });
    const attachment = await attach(agent);
    await new Promise<void>((resolve) => {
      attachment.onClose(() => {
        resolve();
      });
    });
    expect(streams.every((stream) => stream.destroyed)).toBe(true);
  });
});

describe("a tunnel to a hostile agent", () => {
  it.each<[string, ErrorCode, string]>([
    ["giant headers", "agent.misbehaved", `HTTP/1.1 101 S\r\nX-Big: ${"x".repeat(MIB)}\r\n\r\n`],
    ["another status", "agent.unreachable", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
  ])("is refused: %s", async (_, code, answer) => {
    const { agent, streams } = clientOf((stream) => stream.write(answer));
    expect(await codeOf(agent.openTunnel(ID, "docker", never()))).toBe(code);
    expect(streams.every((stream) => stream.destroyed)).toBe(true);
  });
});
