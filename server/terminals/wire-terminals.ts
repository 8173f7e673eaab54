import type { IncomingMessage } from "node:http";
import type { Actor, FindEnrollment } from "../platform/actor";
import type { Clock } from "../platform/clock";
import type { Database } from "../platform/database/database";
import type { Logger } from "../platform/logger";
import type { Metrics } from "../platform/metrics";
import type { SandboxId } from "../sandboxes/sandbox";
import type { SandboxAgent } from "../sandboxes/sandbox-agent";
import { Bridges } from "./bridges";
import { createTerminalsRouter } from "./router";
import { createTerminalGateway, type TerminalGateway } from "./terminal-gateway";
import { createTerminalMetrics } from "./terminal-metrics";
import { createTicketStore } from "./ticket-store";

export interface TerminalsOptions {
  readonly database: Database;
  readonly agent: SandboxAgent;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly isAllowedOrigin: (origin: string | undefined) => boolean;
  readonly readActor: (request: IncomingMessage) => Promise<Actor | null>;
  readonly findEnrollment: FindEnrollment;
  readonly findSandboxId: (enrollmentId: string) => Promise<SandboxId | undefined>;
  /** Told of every frame that a browser sends: somebody is there. */
  readonly noteActivity?: (enrollmentId: string) => void;
}

/** The terminals room, put together. */
export interface Terminals extends TerminalGateway {
  readonly router: ReturnType<typeof createTerminalsRouter>;
}

export function createTerminals(options: TerminalsOptions): Terminals {
  const { agent, clock, log } = options;
  const tickets = createTicketStore(options.database);
  const metrics = createTerminalMetrics(options.metrics, () => bridges.count);
  const bridges: Bridges = new Bridges({ clock, log, metrics, noteActivity: options.noteActivity });
  return {
    ...createTerminalGateway({ ...options, tickets, bridges }),
    router: createTerminalsRouter({ ...options, agent, tickets }),
  };
}
