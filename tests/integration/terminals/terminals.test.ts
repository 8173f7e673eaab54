import { createHash, randomBytes, randomUUID } from "node:crypto";
import { access, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { TerminalConnection } from "../../../app/_lib/terminal-connection";
import { encodeNonce, encodeSize } from "../../../server/protocol/terminal-frames";
import { systemClock } from "../../../server/platform/clock";
import { waitUntil } from "../../../server/platform/wait-until";
import { createSandboxAgent } from "../../../server/sandboxes/agent-client";
import { ProcessSandboxDriver } from "../../../server/sandboxes/drivers/process/process-sandbox-driver";
import type { SandboxId } from "../../../server/sandboxes/sandbox";
import { bundleAgent } from "../../../setup/bundle";
import { createEventSource } from "../../support/event-source";
import { createMemoryTickets } from "../../support/memory-tickets";
import { silentLogger } from "../../support/silent-logger";
import { startTerminalServer, type TerminalServer } from "../../support/terminal-server";

const never = new AbortController().signal;
const ACCOUNT = "an-account";
const tokenOf = (): string => "token";
/** Of 20 MB, leaves a hundred cuts and more whatever the size of a frame. */
const CUT_BYTES_MAX = 100_000;
const tickets = createMemoryTickets();
const entries: { level: string; event: string; fields: Record<string, unknown> }[] = [];
let folder: string;
let driver: ProcessSandboxDriver;
let agent: ReturnType<typeof createSandboxAgent>;
let server: TerminalServer;
let id: SandboxId;
let terminalId: string;

const startServer = (port = 0) =>
  startTerminalServer({ access: driver, tokenOf, tickets, log: silentLogger(entries), port });
const issueTicket = (accountId = ACCOUNT): Promise<string> =>
  tickets.create({ accountId, enrollmentId: "e", sandboxId: id, terminalId, isReadOnly: false });
const until = (subject: string, isTrue: () => boolean | Promise<boolean>): Promise<void> =>
  waitUntil(subject, isTrue, { timeoutMs: 40_000, pollMs: 5, clock: systemClock });

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "slipway-terminals-"));
  const agentCommand = [process.execPath, path.join(await bundleAgent(), "agent.mjs")] as const;
  const options = { folder, agentCommand, tokenOf, clock: systemClock, startTimeoutMs: 15_000 };
  driver = new ProcessSandboxDriver({ ...options, mode: "test", installationId: "terminals" });
  agent = createSandboxAgent({ access: driver, tokenOf });
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  id = randomUUID() as SandboxId;
  const limits = { cpuMillis: 1_000, memoryMiB: 512, diskMiB: 1_024, pidsMax: 512 };
  await driver.create({ id, profile: "docker", hostName: "terminals", limits }, never);
  ({ terminalId } = await agent.openTerminal(id, { columns: 80, rows: 24 }, never));
  server = await startServer();
  entries.length = 0;
});
afterEach(async () => {
  await server.close();
  await driver.destroy(id);
});

/** The page's own connection, whose sockets can be cut. */
function connect(options: { readonly isBlocked?: boolean } = {}) {
  const headers = { origin: server.origin, cookie: ACCOUNT };
  const seen = { bytes: [] as Buffer[], byteCount: 0, states: [] as string[], resetCount: 0, cutCount: 0 };
  const live: { socket: WebSocket | undefined } = { socket: undefined };
  const cut = (): void => {
    if (live.socket?.readyState !== WebSocket.OPEN) return;
    seen.cutCount += 1;
    live.socket.terminate();
  };
  let nextCut = Number.POSITIVE_INFINITY;
  const connection = new TerminalConnection({
    getTicket: () => issueTicket(),
    clientId: randomUUID(),
    sink: {
      write: async (bytes) => {
        seen.bytes.push(Buffer.from(bytes));
        seen.byteCount += bytes.length;
        if (seen.byteCount < nextCut || live.socket?.readyState !== WebSocket.OPEN) return;
        nextCut = seen.byteCount + Math.random() * CUT_BYTES_MAX;
        cut();
      },
      reset: () => {
        seen.resetCount += 1;
      },
      follow: () => undefined,
    },
    onState: ({ kind }) => seen.states.push(kind),
    onLatency: () => undefined,
    environment: {
      origin: server.origin,
      createWebSocket: (url) => {
        const target = options.isBlocked === true ? "ws://127.0.0.1:9" : url;
        live.socket = new WebSocket(target, { headers, perMessageDeflate: false });
        live.socket.on("error", () => undefined);
        return live.socket as unknown as globalThis.WebSocket;
      },
      createEventSource: (url) => createEventSource(url, headers),
      fetch: (url, init) => fetch(url, { ...init, headers: { ...(init?.headers as object), ...headers } }),
    },
    random: Math.random,
    nowMs: () => performance.now(),
  });
  connection.open();
  return {
    connection,
    seen,
    type: (text: string) => connection.type(Buffer.from(text)),
    text: () => Buffer.concat(seen.bytes).toString("latin1"),
    cut,
    /** From here on cuts the socket at random bytes, in the middle of what it brings. */
    cutOften: () => (nextCut = 0),
  };
}

type Page = ReturnType<typeof connect>;

/** Lets `megabytes` of base64 through while `disturb` is called now and then; every byte has to arrive, once. */
async function expectEveryByte(
  page: Page,
  megabytes: number,
  disturb?: (seenBytes: number) => Promise<void>,
) {
  const file = path.join(folder, `${id}.txt`);
  page.type(
    `stty -echo; printf 'flood-%s:' starts; head -c ${megabytes * 750_000} /dev/urandom | base64 | tee ${file}; printf 'flood-%s' ends\n`,
  );
  await until("the flood has come", async () => {
    await disturb?.(page.seen.byteCount);
    page.connection.wake();
    return Buffer.concat(page.seen.bytes.slice(-20)).includes("flood-ends");
  });
  const text = page.text();
  const flood = text.slice(text.indexOf("flood-starts:") + 13, text.lastIndexOf("flood-ends"));
  const written = (await readFile(file, "latin1")).replaceAll("\n", "\r\n");
  expect(flood.length).toBe(written.length);
  const hashOf = (value: string): string => createHash("sha256").update(value, "latin1").digest("hex");
  expect(hashOf(flood)).toBe(hashOf(written));
  expect(page.seen.resetCount).toBe(1);
}

describe("a terminal through gateway and agent", () => {
  it("loses and repeats no byte over a hundred random cuts of a 20 MB stream", async () => {
    const page = connect();
    page.cutOften();
    await expectEveryByte(page, 20);
    expect(page.seen.cutCount).toBeGreaterThanOrEqual(100);
    page.connection.dispose();
  });

  it("resumes at the exact byte when the server is restarted", async () => {
    const page = connect();
    let restarts = 0;
    await expectEveryByte(page, 10, async (count) => {
      if (count < (restarts + 1) * 3_000_000) return;
      restarts += 1;
      const { port } = server;
      await server.close();
      server = await startServer(port);
    });
    expect(restarts).toBeGreaterThanOrEqual(2);
    page.connection.dispose();
  });

  it("types every byte once, in order, over cuts", async () => {
    const page = connect();
    const file = path.join(folder, `${id}.typed`);
    page.type(`stty -echo; printf 'type-%s' now; cat > ${file}\n`);
    await until("cat reads", () => page.text().includes("type-now"));
    let expected = "";
    for (let line = 0; line < 400; line += 1) {
      const typed = `${line} ${randomBytes(300).toString("hex")}\n`;
      expected += typed;
      page.type(typed);
      if (line % 10 === 9) page.cut();
      await new Promise((resolve) => setImmediate(resolve));
      page.connection.wake();
    }
    page.type("\u0004");
    await until(
      "everything was typed",
      async () => (await readFile(file, "latin1")).length >= expected.length,
    );
    expect(await readFile(file, "latin1")).toBe(expected);
    page.connection.dispose();
  });

  it("works over plain HTTP when WebSockets are blocked", async () => {
    const page = connect({ isBlocked: true });
    await until("the fallback is live", () => page.seen.states.includes("fallback"));
    page.type("echo plain-$((6*7))\n");
    await until("the shell answers", () => page.text().includes("plain-42"));
    page.connection.dispose();
  });

  it("holds no stream over plain HTTP for what nobody sees, and comes back to its byte", async () => {
    const page = connect({ isBlocked: true });
    await until("the fallback is live", () => page.seen.states.includes("fallback"));
    const file = path.join(folder, `${id}.go`);
    page.type(`until [ -e ${file} ]; do sleep 0.05; done; echo hidden-$((6*7)); touch ${file}.done\n`);
    await until("the loop runs", () => page.text().includes("touch"));
    page.connection.show(false);
    await until("nothing is open", () => server.bridges.count === 0);
    await writeFile(file, "");
    await until("it has printed", () =>
      access(`${file}.done`).then(
        () => true,
        () => false,
      ),
    );
    expect(page.text()).not.toContain("hidden-42");
    expect(server.bridges.count).toBe(0);
    page.connection.show(true);
    await until("it is shown", () => page.text().includes("hidden-42"));
    expect(page.seen.resetCount).toBe(1);
    page.connection.dispose();
  });

  it("ends a stream over plain HTTP whose page has not been heard of for too long", async () => {
    const quick = await startTerminalServer({
      ...{ access: driver, tokenOf, tickets, log: silentLogger(entries), silenceMsMax: 500 },
    });
    try {
      const headers = { origin: quick.origin, cookie: ACCOUNT };
      const body = JSON.stringify({ ticket: await issueTicket(), clientId: randomUUID(), offset: null });
      const post = (to: string, sent: string | Uint8Array<ArrayBuffer>) =>
        fetch(`${quick.origin}/api/terminals/${to}`, { method: "POST", headers, body: sent });
      const { connectionId } = (await (await post("connect", body)).json()) as { connectionId: string };
      const stream = await fetch(`${quick.origin}/api/terminals/stream?connectionId=${connectionId}`, {
        headers,
      });
      const ended = stream.text();
      const ping = Buffer.concat([Buffer.from([0, 0, 0, 5]), encodeNonce("ping", 7)]);
      const sinceMs = performance.now();
      await until("it pings for twice as long", async () => {
        expect((await post(`send?connectionId=${connectionId}`, new Uint8Array(ping))).status).toBe(204);
        return performance.now() - sinceMs > 1_000;
      });
      expect(quick.bridges.count).toBe(1);
      await ended;
      expect(quick.bridges.count).toBe(0);
      expect((await post(`send?connectionId=${connectionId}`, new Uint8Array(ping))).status).toBe(404);
    } finally {
      await quick.close();
    }
  });

  it("offers another one when its agent was started anew and knows it no more", async () => {
    const page = connect();
    await until("it is live", () => page.seen.states.includes("live"));
    await driver.destroy(id);
    const limits = { cpuMillis: 1_000, memoryMiB: 512, diskMiB: 1_024, pidsMax: 512 };
    await driver.create({ id, profile: "docker", hostName: "terminals", limits }, never);
    await until("it is gone", () => page.connection.state.kind === "gone");
    page.connection.dispose();
  });

  it("tells the exit code when the shell ends", async () => {
    const page = connect();
    page.type("exit 7\n");
    await until("the exit is told", () => page.connection.state.kind === "exited");
    expect(page.connection.state).toMatchObject({ exitCode: 7 });
  });

  it("tells the browser when the agent dies", async () => {
    const page = connect();
    await until("it is live", () => page.seen.states.includes("live"));
    const record = path.join(folder, "terminals", id, "sandbox.json");
    process.kill((JSON.parse(await readFile(record, "utf8")) as { pid: number }).pid, "SIGKILL");
    await until(
      "it reconnects",
      () => page.seen.states.includes("reconnecting") || page.connection.state.kind === "refused",
    );
    page.connection.dispose();
  });

  it("ends what an account has open when its access is revoked", async () => {
    const page = connect();
    await until("it is live", () => page.seen.states.includes("live"));
    server.gateway.revoke(ACCOUNT);
    await until("nothing is open", () => server.bridges.count === 0);
    page.connection.dispose();
  });

  it("is called by the program in its foreground, and bash from the start", async () => {
    const titleOf = async () => (await agent.listTerminals(id, never))[0]?.title;
    expect(await titleOf()).toBe("bash");
    const page = connect();
    page.type("sleep 60\n");
    await until("it is called by the program", async () => (await titleOf()) === "sleep");
    page.type("\u0003");
    await until("it is called by the shell again", async () => (await titleOf()) === "bash");
    page.connection.dispose();
  });

  it("leaves no process behind when a terminal is closed", async () => {
    const page = connect();
    page.type("sleep 987654 & (trap '' HUP; sleep 987655) & echo jobs-$((1+1))\n");
    await until("the jobs run", () => page.text().includes("jobs-2"));
    await agent.closeTerminal(id, terminalId, never);
    const count = await agent.runCommand(
      id,
      { script: "pgrep -fc 'sleep 98765[45]'", user: "attendee", timeoutMs: 5_000 },
      never,
    );
    expect(count.stdout.trim()).toBe("0");
    await until("the page is told", () => page.connection.state.kind === "gone");
  });
});

describe("refusals", () => {
  interface Ending {
    readonly code: number;
    readonly status: number;
  }
  /** Opens a socket by hand, says `messages`, resolves with how it ended. */
  function attempt(headers: Record<string, string>, messages: readonly (string | Buffer)[]): Promise<Ending> {
    return new Promise((resolve) => {
      const socket = new WebSocket(`${server.origin.replace("http", "ws")}/ws/terminal`, { headers });
      let status = 101;
      socket.on("unexpected-response", (_, response) => {
        status = response.statusCode ?? 0;
        socket.terminate();
        resolve({ code: 0, status });
      });
      socket.on("error", () => undefined);
      socket.on("open", () => {
        for (const message of messages) socket.send(message);
      });
      socket.on("close", (code) => {
        resolve({ code, status });
      });
    });
  }
  const ours = (cookie = ACCOUNT) => ({ origin: server.origin, cookie });
  const hello = (ticket: string): string => JSON.stringify({ ticket, clientId: "by-hand", offset: null });
  const refusals = () => entries.filter(({ event }) => event === "terminal.refused");

  it("refuses every origin but its own, before the upgrade", async () => {
    const { port } = server;
    const bad = [
      "null",
      "https://evil.example",
      `https://127.0.0.1:${port}`,
      `http://127.0.0.1:${port + 1}`,
      `http://127.0.0.1:${port}.evil.example`,
      `http://evil-127.0.0.1:${port}`,
      `http://localhost:${port}`,
      "http://127.0.0.1",
    ];
    for (const origin of bad)
      expect(await attempt({ origin, cookie: ACCOUNT }, [])).toMatchObject({ status: 403 });
    expect(await attempt({ cookie: ACCOUNT }, [])).toMatchObject({ status: 403 });
    expect(refusals()).toHaveLength(bad.length + 1);
  });

  it("refuses a socket without an auth session", async () => {
    expect(await attempt({ origin: server.origin }, [])).toMatchObject({ status: 401 });
  });

  it("refuses a ticket that is wrong, used, or another account's, and logs each once", async () => {
    expect(await attempt(ours(), [hello("made-up")])).toMatchObject({ code: 4401 });
    expect(await attempt(ours("another"), [hello(await issueTicket())])).toMatchObject({ code: 4401 });
    const page = connect();
    await until("it is live", () => page.seen.states.includes("live"));
    const ticket = await issueTicket();
    await tickets.redeem(ticket);
    expect(await attempt(ours(), [hello(ticket)])).toMatchObject({ code: 4401 });
    expect(refusals()).toHaveLength(3);
    expect(page.connection.state.kind).toBe("live");
    page.connection.dispose();
  });

  it("refuses first messages and frames that are not in the protocol", async () => {
    expect(await attempt(ours(), ["not json"])).toMatchObject({ code: 4400 });
    expect(await attempt(ours(), [Buffer.from([1, 2, 3])])).toMatchObject({ code: 4400 });
    for (const garbage of [Buffer.from([0xff]), Buffer.from([0x11, 1]), randomBytes(500), Buffer.alloc(0)]) {
      expect(await attempt(ours(), [hello(await issueTicket()), garbage])).toMatchObject({ code: 4400 });
    }
    expect(await attempt(ours(), [hello(await issueTicket()), Buffer.alloc(65_537)])).toMatchObject({
      code: 1009,
    });
    expect(refusals()).toHaveLength(7);
  });

  it("refuses a flood of frames", async () => {
    const flood = Array.from({ length: 2_000 }, () => Buffer.from(encodeSize("resize", 80, 24)));
    expect(await attempt(ours(), [hello(await issueTicket()), ...flood])).toMatchObject({ code: 4503 });
  });
});
