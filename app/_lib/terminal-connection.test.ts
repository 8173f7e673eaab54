import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TerminalConnection, type TerminalConnectionOptions } from "./terminal-connection";

/** A socket that opens and then carries nothing, as behind some proxies. */
class MuteSocket {
  static count = 0;
  binaryType = "";
  onopen: (() => void) | null = null;
  constructor() {
    MuteSocket.count += 1;
    setTimeout(() => this.onopen?.(), 1);
  }
  send(): void {
    // Nobody hears it.
  }
  close(): void {
    this.onopen = null;
  }
}

const posts: string[] = [];

function connect(over: Partial<TerminalConnectionOptions> = {}): TerminalConnection {
  const connection = new TerminalConnection({
    getTicket: async () => "ticket",
    clientId: "page",
    sink: { write: async () => undefined, reset: () => undefined, follow: () => undefined },
    onState: () => undefined,
    onLatency: () => undefined,
    environment: {
      origin: "http://slipway",
      createWebSocket: () => new MuteSocket() as unknown as WebSocket,
      createEventSource: () => {
        throw new Error("nothing answers, so nothing is listened to");
      },
      fetch: async (url) => {
        posts.push(url as string);
        return new Promise<Response>(() => undefined);
      },
    },
    random: () => 0.5,
    nowMs: () => performance.now(),
    ...over,
  });
  connection.open();
  return connection;
}

describe("TerminalConnection", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    MuteSocket.count = 0;
    posts.length = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("takes sockets that carry nothing for blocked ones, and tries plain HTTP", async () => {
    const connection = connect();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(MuteSocket.count).toBe(2);
    expect(posts).toEqual(["http://slipway/api/terminals/connect"]);
    connection.dispose();
  });

  it("uses no plain HTTP for a terminal that nobody sees, until somebody does", async () => {
    const connection = connect();
    connection.show(false);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(posts).toEqual([]);
    connection.show(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(posts).toEqual(["http://slipway/api/terminals/connect"]);
    connection.dispose();
  });

  it.each(["gone", "refused"] as const)("is over when its tickets are %s", async (refusal) => {
    const connection = connect({
      getTicket: () => Promise.reject(new Error("no")),
      readRefusal: () => refusal,
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(connection.state.kind).toBe(refusal);
    expect(MuteSocket.count).toBe(0);
  });
});
