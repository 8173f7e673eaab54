import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { takePageApi } from "../../../app/_lib/api";
import { readApiError } from "../../../app/_lib/api-error";
import { createFrontDoor } from "../../../server/platform/front-door";
import { MemoryEventBus } from "../../../server/platform/memory-event-bus";
import { createOriginRule } from "../../../server/platform/same-origin";
import {
  BATCH_CALLS_MAX,
  createAddressOf,
  createRpcHandler,
  RPC_PREFIX,
} from "../../../server/platform/rpc-handler";
import { AppError } from "../../../server/platform/errors";
import { publicProcedure, router, signedInProcedure } from "../../../server/platform/trpc";
import { silentLogger } from "../../support/silent-logger";

/** A front door over real sockets: a page that answers everything, an API of two procedures, an echoing terminal. */
describe("the front door", () => {
  let server: Server;
  let url: string;
  const logged: { level: string; event: string; fields: Record<string, unknown> }[] = [];
  const terminals = new WebSocketServer({ noServer: true });
  const database = { isUp: true };
  const events = new MemoryEventBus();

  beforeAll(async () => {
    const nextServer = createServer();
    // What a catch-all page makes of Next: it ends every upgrade that it sees.
    nextServer.on("upgrade", (_request, socket) => socket.destroy());
    const log = silentLogger(logged);
    const api = router({
      whoami: publicProcedure.query(({ ctx }) => ctx.address),
      cohorts: router({
        mine: publicProcedure.query(() => []),
        join: publicProcedure.mutation(() => "joined"),
      }),
      watch: signedInProcedure.subscription(async function* () {
        yield "watching";
        await new Promise<void>((resolve) => {
          events.subscribe(({ kind }) => {
            if (kind === "queue.changed") resolve();
          });
        });
        yield "more";
      }),
      secretTrouble: publicProcedure.mutation(() => {
        throw new AppError("sandbox.start-failed", "engine on host-17 said no", {
          details: { sandboxId: "s-1" },
        });
      }),
    });
    server = createFrontDoor({
      routes: {
        [RPC_PREFIX]: createRpcHandler({
          router: api,
          readActor: async ({ headers: { cookie } }) => {
            if (database.isUp) return cookie === undefined ? null : { accountId: cookie, role: "attendee" };
            throw Object.assign(new Error("connect ECONNREFUSED db-3"), { code: "ECONNREFUSED" });
          },
          renewAuthSession: async () => undefined,
          addressOf: createAddressOf(1),
          isAllowedOrigin: createOriginRule(["http://ours.example"]),
          publicUrl: "http://ours.example",
          events,
          log,
        }),
        "/api/broken": () => {
          throw new AppError("driver.unreachable", "engine on host-17 said nothing");
        },
        "/api/unread": () => {
          throw Object.assign(new Error("connect ECONNREFUSED db-3"), { code: "ECONNREFUSED" });
        },
      },
      pages: (_request, response) => response.end("page"),
      terminal: (request, socket, head) => {
        terminals.handleUpgrade(request, socket, head, (client) =>
          client.on("message", (data) => {
            client.send(data as Buffer);
          }),
        );
      },
      nextServer,
      isDevelopment: false,
      log,
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    for (const client of terminals.clients) client.terminate();
    server.close();
    server.closeAllConnections();
  });

  /** Makes the page's own client speak to this front door, and keeps how many calls each request held. */
  function standOnPage(headers: Record<string, string>): { sizes: number[]; leave: () => void } {
    const sizes: number[] = [];
    const ownFetch = globalThis.fetch;
    vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
      sizes.push((path.split("?", 1)[0] ?? "").split(",").length);
      return ownFetch(`${url}${path}`, {
        ...init,
        headers: { ...(init.headers as Record<string, string>), ...headers },
      });
    });
    return {
      sizes,
      leave: () => {
        vi.unstubAllGlobals();
      },
    };
  }

  it("keeps a terminal's socket although a page answers every path", async () => {
    await fetch(`${url}/ws/terminal`);
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws/terminal`);
    const echoed = await new Promise<string>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("open", () => {
        socket.send("key");
      });
      socket.once("message", (data: Buffer) => {
        resolve(data.toString());
      });
    });
    expect(echoed).toBe("key");
    socket.close();
  });

  it("ends the open subscriptions of an account that signs out everywhere, and nobody else's", async () => {
    const watch = async (cookie: string) => {
      const headers = { cookie, accept: "text/event-stream" };
      const answer = await fetch(`${url}${RPC_PREFIX}watch`, { headers });
      const reader = answer.body?.getReader();
      let text = "";
      while (!text.includes("watching")) text += new TextDecoder().decode((await reader?.read())?.value);
      return { read: async () => reader?.read(), leave: async () => reader?.cancel() };
    };
    const [leaving, staying] = await Promise.all([watch("leaves"), watch("stays")]);
    const cut = leaving.read();
    await events.publish({ kind: "account.signed-out", accountId: "leaves" });
    await expect(cut).rejects.toThrow("terminated");
    await events.publish({ kind: "queue.changed" });
    expect(new TextDecoder().decode((await staying.read())?.value)).toContain("more");
    await staying.leave();
  });

  it("answers 404 to upgrades of other paths", async () => {
    const socket = new WebSocket(`${url.replace("http", "ws")}/elsewhere`);
    const status = await new Promise((resolve) => {
      socket.once("unexpected-response", (_request, response) => {
        resolve(response.statusCode);
      });
      socket.on("error", () => undefined);
    });
    expect(status).toBe(404);
  });

  it("gives each page a policy with a nonce of its own and no unsafe script", async () => {
    const policies = await Promise.all(
      [1, 2].map(async () => (await fetch(url)).headers.get("content-security-policy") ?? ""),
    );
    const nonces = policies.map((policy) => /'nonce-([^']+)'/.exec(policy)?.[1]);
    expect(new Set(nonces).size).toBe(2);
    for (const policy of policies) {
      expect(/script-src [^;]*/.exec(policy)?.[0]).not.toMatch(/unsafe/);
      expect(policy).toContain("object-src 'none'");
    }
  });

  it("refuses writes from another origin before they reach a procedure", async () => {
    const post = (headers: Record<string, string>) =>
      fetch(`${url}${RPC_PREFIX}secretTrouble`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
      });
    for (const origin of [
      "http://evil.example",
      "http://ours.example.evil",
      "null",
      "https://ours.example",
    ]) {
      expect((await post({ origin })).status).toBe(403);
    }
    expect((await post({ "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await post({ origin: "http://ours.example" })).status).toBe(503);
  });

  it("shows readers the code's sentence and operators the rest, once", async () => {
    logged.length = 0;
    const response = await fetch(`${url}${RPC_PREFIX}secretTrouble`, {
      method: "POST",
      headers: { "content-type": "application/json" },
    });
    const text = await response.text();
    expect(text).not.toContain("host-17");
    expect(text).toContain("Your sandbox did not start");
    const failures = logged.filter((entry) => entry.event === "request.failed");
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({
      level: "error",
      fields: { code: "sandbox.start-failed", details: { sandboxId: "s-1" } },
    });
  });

  it("answers 503 and the code's sentence when the caller's account cannot be looked up", async () => {
    logged.length = 0;
    database.isUp = false;
    try {
      const response = await fetch(`${url}${RPC_PREFIX}whoami`);
      expect(response.status).toBe(503);
      const text = await response.text();
      expect(text).not.toContain("db-3");
      expect(JSON.parse(text)).toMatchObject({
        error: {
          json: { data: { appCode: "database.unavailable", httpStatus: 503, isRetryable: true } },
        },
      });
    } finally {
      database.isUp = true;
    }
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({ level: "error", fields: { code: "database.unavailable" } });
  });

  it("answers 503 on every path for what is away for now", async () => {
    expect((await fetch(`${url}/api/broken`)).status).toBe(503);
    const unread = await fetch(`${url}/api/unread`);
    expect([unread.status, await unread.json()]).toMatchObject([503, { code: "database.unavailable" }]);
  });

  it("takes as many calls in one request as the page sends, and refuses more in the API's own shape", async () => {
    const batchOf = (count: number): Promise<Response> =>
      fetch(`${url}${RPC_PREFIX}${Array(count).fill("whoami").join(",")}?batch=1`);
    expect((await batchOf(BATCH_CALLS_MAX)).status).toBe(200);
    const refused = await batchOf(BATCH_CALLS_MAX + 1);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      error: { json: { data: { appCode: "request.invalid", isRetryable: false } } },
    });
    const { sizes, leave } = standOnPage({});
    try {
      const { client } = takePageApi();
      await Promise.all(Array.from({ length: 25 }, () => client.cohorts.mine.query()));
      expect(Math.max(...sizes)).toBe(BATCH_CALLS_MAX);
    } finally {
      leave();
    }
  });

  it("tells a page that was opened under another address where to open it", async () => {
    logged.length = 0;
    const { leave } = standOnPage({ origin: "http://127.0.0.1:3000" });
    try {
      const { client } = takePageApi();
      const failure = await client.cohorts.join
        .mutate({ code: "ABCD-2345", displayName: "Ada", deviceKey: "d".repeat(32) })
        .catch((error: unknown) => error);
      expect(readApiError(failure)).toEqual({
        code: "origin.refused",
        message:
          "This page was opened under another address than the platform's own. Open it at http://ours.example.",
        isRetryable: false,
        fieldErrors: {},
      });
    } finally {
      leave();
    }
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({
      level: "warn",
      fields: { code: "origin.refused", details: { origin: "http://127.0.0.1:3000" } },
    });
  });

  it("believes only the nearest proxy about addresses", async () => {
    const response = await fetch(`${url}${RPC_PREFIX}whoami`, {
      headers: { "x-forwarded-for": "1.2.3.4, 192.0.2.7" },
    });
    expect(await response.text()).toContain("192.0.2.7");
  });
});
