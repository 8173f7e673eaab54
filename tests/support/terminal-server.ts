import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "../../server/platform/clock";
import type { Logger } from "../../server/platform/logger";
import { createSandboxAgent } from "../../server/sandboxes/agent-client";
import type { SandboxId } from "../../server/sandboxes/sandbox";
import type { SandboxAccess } from "../../server/sandboxes/sandbox-driver";
import { Bridges } from "../../server/terminals/bridges";
import { createTerminalGateway, type TerminalGateway } from "../../server/terminals/terminal-gateway";
import type { TicketStore } from "../../server/terminals/ticket-store";
import { silentLogger } from "./silent-logger";

export interface TerminalServerOptions {
  readonly access: SandboxAccess;
  readonly tokenOf: (id: SandboxId) => string;
  readonly tickets: TicketStore;
  readonly log?: Logger;
  /** 0 takes a free one. */
  readonly port?: number;
  /** @see TerminalGatewayOptions.silenceMsMax */
  readonly silenceMsMax?: number;
}

export interface TerminalServer {
  readonly port: number;
  /** The only origin that it accepts. */
  readonly origin: string;
  readonly gateway: TerminalGateway;
  readonly bridges: Bridges;
  close(): Promise<void>;
}

/** The real gateway on a real port. The cookie is the account's id: who signs in how is not what these tests are about. */
export async function startTerminalServer(options: TerminalServerOptions): Promise<TerminalServer> {
  const log = options.log ?? silentLogger();
  const bridges = new Bridges({ clock: systemClock, log, metrics: { countRefusal: () => undefined } });
  let origin = "";
  const gateway = createTerminalGateway({
    readActor: async ({ headers }) =>
      headers.cookie === undefined ? null : { accountId: headers.cookie, role: "attendee" },
    isAllowedOrigin: (asked) => asked === origin,
    tickets: options.tickets,
    agent: createSandboxAgent({ access: options.access, tokenOf: options.tokenOf }),
    bridges,
    clock: systemClock,
    log,
    ...(options.silenceMsMax !== undefined && { silenceMsMax: options.silenceMsMax }),
  });
  const server = createServer((request, response) => {
    void gateway.handleRequest(request, response);
  });
  server.on("upgrade", gateway.handleUpgrade);
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  origin = `http://127.0.0.1:${port}`;
  return {
    ...{ port, origin, gateway, bridges },
    close: async () => {
      await gateway.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
