import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Secret } from "./config";
import type { Metrics } from "./metrics";

/** One thing that the platform cannot work without. `isUp` may reject: that is "no". */
export interface Dependency {
  readonly name: string;
  readonly isUp: () => Promise<boolean>;
}

/** Longest wait for one dependency's answer. */
const PROBE_TIMEOUT_MS = 2_000;

/** Alive: this process turns its loop. It says nothing of others, so that an outage elsewhere does not restart us. */
export function answerHealth(_request: IncomingMessage, response: ServerResponse): void {
  respond(response, 200, { status: "alive" });
}

/** Ready: the database and the sandbox host answer. 503 names those that do not. */
export function createReadiness(dependencies: readonly Dependency[]) {
  return async (_request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answers = await Promise.all(
      dependencies.map(async ({ name, isUp }) => [name, await probe(isUp)] as const),
    );
    const isReady = answers.every(([, isUp]) => isUp);
    respond(response, isReady ? 200 : 503, {
      status: isReady ? "ready" : "not ready",
      dependencies: Object.fromEntries(answers.map(([name, isUp]) => [name, isUp ? "up" : "down"])),
    });
  };
}

/** Prometheus metrics for this machine itself, and for whoever shows the token when one is set. Absent for others. */
export function createMetricsRoute(metrics: Metrics, token: Secret | undefined) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!mayRead(request, token)) {
      respond(response, 404, { status: "not found" });
      return;
    }
    const { text, contentType } = await metrics.render();
    response.writeHead(200, { "content-type": contentType });
    response.end(text);
  };
}

function mayRead(request: IncomingMessage, token: Secret | undefined): boolean {
  if (token !== undefined) {
    const shown = Buffer.from(request.headers.authorization ?? "");
    const wanted = Buffer.from(`Bearer ${token.reveal()}`);
    return shown.length === wanted.length && timingSafeEqual(shown, wanted);
  }
  const isForwarded = request.headers["x-forwarded-for"] !== undefined;
  return !isForwarded && /^(::ffff:)?127\.|^::1$/.test(request.socket.remoteAddress ?? "");
}

async function probe(isUp: () => Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => {
      resolve(false);
    }, PROBE_TIMEOUT_MS);
  });
  const answer = await Promise.race([isUp().catch(() => false), timeout]);
  clearTimeout(timer);
  return answer;
}

function respond(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}
