import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { createFrontDoor } from "../../../server/platform/front-door";
import { createOriginRule } from "../../../server/platform/same-origin";
import { createAddressOf, createRpcHandler, RPC_PREFIX } from "../../../server/platform/rpc-handler";
import { AppError } from "../../../server/platform/errors";
import { publicProcedure, router } from "../../../server/platform/trpc";
import { silentLogger } from "../../support/silent-logger";

/** A front door over real sockets: a page that answers everything, an API of two procedures, an echoing terminal. */
describe("the front door", () => {
  let server: Server;
  let url: string;
  const logged: { level: string; event: string; fields: Record<string, unknown> }[] = [];
  const terminals = new WebSocketServer({ noServer: true });

  beforeAll(async () => {
    const nextServer = createServer();
    // What a catch-all page makes of Next: it ends every upgrade that it sees.
    nextServer.on("upgrade", (_request, socket) => socket.destroy());
    const log = silentLogger(logged);
    const api = router({
      whoami: publicProcedure.query(({ ctx }) => ctx.address),
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
          readActor: async () => null,
          renewAuthSession: async () => undefined,
          addressOf: createAddressOf(1),
          isAllowedOrigin: createOriginRule(["http://ours.example"]),
          log,
        }),
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

  it("believes only the nearest proxy about addresses", async () => {
    const response = await fetch(`${url}${RPC_PREFIX}whoami`, {
      headers: { "x-forwarded-for": "1.2.3.4, 192.0.2.7" },
    });
    expect(await response.text()).toContain("192.0.2.7");
  });
});
