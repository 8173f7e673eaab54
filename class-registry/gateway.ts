import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { Transform } from "node:stream";
import { CLASS_REGISTRY } from "../server/sandboxes/class-registry";
import type { Allowance, Allowances } from "./allowances";
import type { ImageStore } from "./image-store";
import { challenge, judgeRequest } from "./judge-request";
import { refuse, type Refusal } from "./refusal";
import { ask, passOn, type Question } from "./relay";
import { parseRoute, prefixOf, type Route } from "./route";
import { readVisitor, tokenOf, type Visitor } from "./visitor";
import type { WriteGate } from "./write-gate";

export interface GatewayOptions {
  readonly secret: string;
  readonly localPort: number;
  readonly upstreamPort: number;
  /** Whether what is not here can be fetched from elsewhere, at this moment. */
  readonly isUpstreamUp: () => Promise<boolean>;
  readonly diskReserveBytes: number;
  readonly prefixBytesMax: number;
  readonly store: ImageStore;
  readonly gate: WriteGate;
  readonly allowances: Allowances;
}

/** What containerd may take us for a mirror of: Docker Hub, and us, by the name that images have in sandboxes. */
const MIRRORED: readonly string[] = ["docker.io", `${CLASS_REGISTRY.alias}:${CLASS_REGISTRY.port}`];

type WriteRoute = Extract<Route, { kind: "write" }>;
type ReadRoute = Extract<Route, { kind: "read" }>;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly host: string;
  readonly visitor: Visitor;
  /** Aborts when the visitor has gone. */
  readonly signal: AbortSignal;
}

const HEADERS_MS_MAX = 10_000;
/** A whole layer, at the slowest that is worth waiting for. */
const REQUEST_MS_MAX = 20 * 60_000;
/** A connection on which nothing moves. */
const IDLE_MS_MAX = 60_000;
/** All sandboxes together. Their addresses are masqueraded, so they cannot be told apart before they say who they are. */
const CONNECTIONS_MAX = 2_048;
/** Distribution's own bound for manifests; @see `maxManifestBodySize` in its `registry/handlers/manifests.go`. */
const MANIFEST_BYTES_MAX = 4 * 1_024 * 1_024;
/** How long what a refused sender goes on sending is thrown away, so that it reads the refusal before the end. */
const DRAIN_MS_MAX = 5_000;
/** After that Docker asks again. */
const TOKEN_SECONDS = 3_600;
const GIB = 1_024 ** 3;

class AllowanceUsedUp extends Error {}

/** The class registry's front: who may write where and how much, in front of Distribution, which nobody else can reach. */
export function createGateway(options: GatewayOptions): Server {
  const server = createServer(
    { headersTimeout: HEADERS_MS_MAX, requestTimeout: REQUEST_MS_MAX, connectionsCheckingInterval: 5_000 },
    (request, response) => {
      void answer(options, request, response).catch((error: unknown) => {
        if (!request.destroyed) report("class-registry.request-failed", error);
        refuse(response, {
          status: 502,
          code: "UNAVAILABLE",
          message: "the class registry could not do that just now: try again",
        });
      });
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  server.setTimeout(IDLE_MS_MAX);
  return server;
}

/** One line of JSON, as everything that this program says. */
export function report(event: string, error?: unknown): void {
  const fields = error === undefined ? {} : { error: error instanceof Error ? error.message : "unknown" };
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
}

async function answer(
  options: GatewayOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = "", query = ""] = (request.url ?? "").split("?", 2);
  const route = parseRoute(request.method ?? "", path);
  if (route === undefined) {
    refuse(response, { status: 404, code: "UNSUPPORTED", message: "the class registry does not do that" });
    return;
  }
  const host = hostOf(request);
  const gone = new AbortController();
  response.once("close", () => {
    gone.abort();
  });
  const visitor = readVisitor(request.headers.authorization, options.secret);
  const { signal } = gone;
  const exchange = { request, response, host, visitor, query: new URLSearchParams(query), signal };
  const refusal = judgeRequest({ route, visitor, host });
  if (refusal !== undefined) {
    refuseBody(exchange, refusal);
    return;
  }
  await answerRoute(options, exchange, route);
}

/** How the visitor calls this registry; what is no host name is not repeated. */
function hostOf({ headers }: IncomingMessage): string {
  return /^[A-Za-z0-9.-]+(:\d+)?$/.exec(headers.host ?? "")?.[0] ?? CLASS_REGISTRY.alias;
}

async function answerRoute(options: GatewayOptions, exchange: Exchange, route: Route): Promise<void> {
  const { authorization } = exchange.request.headers;
  switch (route.kind) {
    case "ping":
      answerPing(exchange, authorization);
      return;
    case "token":
      answerJson(exchange.response, { token: tokenOf(authorization), expires_in: TOKEN_SECONDS });
      return;
    case "read":
      return answerRead(options, exchange, route);
    case "write":
      return answerWrite(options, exchange, route);
  }
}

/** Docker pushes with a name and a password only where this answered 401 first; pulling it then goes on as anonymous. */
function answerPing({ response, host }: Exchange, authorization: string | undefined): void {
  if (authorization !== undefined) answerJson(response, {});
  else refuse(response, { status: 401, code: "UNAUTHORIZED", message: "who?", headers: challenge(host) });
}

async function answerRead(options: GatewayOptions, exchange: Exchange, route: ReadRoute): Promise<void> {
  const { request, response, query, signal } = exchange;
  const namespace = query.get("ns") ?? "docker.io";
  if (![...MIRRORED, exchange.host].includes(namespace)) {
    const message = `the class registry does not stand in for ${namespace}`;
    refuse(response, { status: 404, code: "NAME_UNKNOWN", message });
    return;
  }
  const path = `/v2/${route.repository}/${route.resource}${keep(query, ["n", "last"])}`;
  const question = { method: request.method ?? "GET", path, headers: request.headers, signal };
  const local = await ask({ ...question, port: options.localPort });
  if (local.statusCode !== 404) {
    await passOn(local, response);
    return;
  }
  const better = await findElsewhere(options, exchange, { question, route });
  if (better !== undefined) local.resume();
  await passOn(better ?? local, response);
}

/** An answer to what the store said it does not have, or undefined when nobody has it. */
async function findElsewhere(
  options: GatewayOptions,
  { request, visitor, signal }: Exchange,
  { question, route }: { question: Omit<Question, "port">; route: ReadRoute },
): Promise<IncomingMessage | undefined> {
  const { repository, resource } = route;
  const prefix = prefixOf(repository);
  const isOwn = visitor.kind === "attendee" && visitor.prefix === prefix;
  const hex = /^blobs\/sha256:(.*)$/.exec(resource)?.[1];
  // Docker asks so whether it must send a layer. A class image's it need not.
  if (isOwn && hex !== undefined && request.method === "HEAD") {
    const isThere = await mountFromClass(options, { repository, hex, signal });
    return isThere ? ask({ ...question, port: options.localPort }) : undefined;
  }
  return isOwn || (await options.store.hasPrefix(prefix)) ? undefined : fetchFromUpstream(options, question);
}

async function fetchFromUpstream(
  { isUpstreamUp, store, diskReserveBytes, upstreamPort }: GatewayOptions,
  question: Omit<Question, "port">,
): Promise<IncomingMessage | undefined> {
  if (!(await isUpstreamUp()) || (await store.readFreeBytes()) < diskReserveBytes) return undefined;
  const fetched = await ask({ ...question, port: upstreamPort }).catch(() => undefined);
  if (fetched === undefined || (fetched.statusCode ?? 500) < 400) return fetched;
  fetched.resume();
  return undefined;
}

/** Makes a class image's blob the repository's, too. False where no class image has it. */
async function mountFromClass(
  { store, gate, localPort }: GatewayOptions,
  { repository, hex, signal }: { repository: string; hex: string; signal: AbortSignal },
): Promise<boolean> {
  const from = await store.findClassRepository(hex);
  if (from === undefined || !gate.enter()) return false;
  try {
    const path = `/v2/${repository}/blobs/uploads/${mountQuery(hex, from)}`;
    const mounted = await ask({ port: localPort, method: "POST", path, headers: {}, signal });
    mounted.resume();
    return mounted.statusCode === 201;
  } finally {
    gate.leave();
  }
}

function mountQuery(hex: string, from: string): string {
  return `?${new URLSearchParams({ mount: `sha256:${hex}`, from }).toString()}`;
}

async function answerWrite(options: GatewayOptions, exchange: Exchange, route: WriteRoute): Promise<void> {
  const { response } = exchange;
  if (!options.gate.enter()) {
    refuse(response, {
      status: 503,
      code: "UNAVAILABLE",
      message: "the class registry is being tidied up: push again in a few seconds",
      headers: { "retry-after": "5" },
    });
    return;
  }
  try {
    const prefix = prefixOf(route.repository);
    const allowance = await options.allowances.open(prefix);
    if (allowance === undefined) {
      refuse(response, {
        status: 429,
        code: "TOOMANYREQUESTS",
        message: "too many pushes at once: try again in a few seconds",
        headers: { "retry-after": "5" },
      });
      return;
    }
    try {
      await write(options, { ...exchange, allowance }, route);
    } finally {
      allowance.close();
    }
  } finally {
    options.gate.leave();
  }
}

async function write(
  options: GatewayOptions,
  exchange: Exchange & { allowance: Allowance },
  route: WriteRoute,
): Promise<void> {
  const { request, response, allowance, signal } = exchange;
  const method = request.method ?? "";
  const isAdding = method === "POST" || method === "PATCH" || method === "PUT";
  const refusal = isAdding ? await refuseFull(options, allowance, route) : undefined;
  if (refusal !== undefined) {
    refuseBody(exchange, refusal);
    return;
  }
  const path = `/v2/${route.repository}/${route.resource}${await writeQuery(options, exchange, route)}`;
  const body = isAdding ? { source: request, meter: meterOf(allowance, route) } : undefined;
  const question: Question = { port: options.localPort, method, path, headers: request.headers, signal };
  try {
    await passOn(await ask({ ...question, ...(body && { body }) }), response);
  } catch (caught) {
    if (route.uploadId !== undefined && !response.headersSent)
      await options.store.forgetUpload(route.repository, route.uploadId);
    if (!(caught instanceof AllowanceUsedUp)) throw caught;
    refuseBody(exchange, usedUp(options, route));
  }
}

async function refuseFull(
  options: GatewayOptions,
  allowance: Allowance,
  route: WriteRoute,
): Promise<Refusal | undefined> {
  if (allowance.isUsedUp) return usedUp(options, route);
  const freeBytes = await options.store.readFreeBytes();
  return freeBytes < options.diskReserveBytes ? diskFull() : undefined;
}

/** What may be asked of Distribution in a write. A blob that a class image has is mounted from there, wherever the visitor knows it from. */
async function writeQuery(
  { store }: GatewayOptions,
  { query }: Exchange,
  { repository, resource }: WriteRoute,
): Promise<string> {
  if (resource !== "blobs/uploads/") return keep(query, ["_state", "digest"]);
  const hex = /^sha256:([0-9a-f]{64})$/.exec(query.get("mount") ?? "")?.[1];
  if (hex === undefined) return keep(query, ["digest"]);
  const from = (await store.findClassRepository(hex)) ?? query.get("from") ?? "";
  const isAllowed = [CLASS_REGISTRY.classNamespace, prefixOf(repository)].includes(prefixOf(from));
  // Without the two, Distribution begins an ordinary upload, as it does where there is nothing to mount.
  return isAllowed ? mountQuery(hex, from) : "";
}

function meterOf(allowance: Allowance, route: WriteRoute): Transform {
  let bytes = 0;
  const isManifest = route.resource.startsWith("manifests/");
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      const isTooMuch = !allowance.take(chunk.length) || (isManifest && bytes > MANIFEST_BYTES_MAX);
      if (isTooMuch) done(new AllowanceUsedUp());
      else done(null, chunk);
    },
  });
}

/** Refuses, and throws away what is still being sent for a moment: a sender that is cut off reports the cut, not the reason. */
function refuseBody({ request, response }: Exchange, refusal: Refusal): void {
  refuse(response, refusal);
  request.resume();
  const timer = setTimeout(() => request.destroy(), DRAIN_MS_MAX);
  request.once("close", () => {
    clearTimeout(timer);
  });
}

function usedUp({ prefixBytesMax }: GatewayOptions, { repository }: WriteRoute): Refusal {
  const gib = (prefixBytesMax / GIB).toFixed(prefixBytesMax < GIB ? 3 : 1);
  return {
    status: 413,
    code: "DENIED",
    message: `what is below ${prefixOf(repository)}/ would take more than ${gib} GiB: push smaller images, or push to a tag again, which frees what it named before within minutes`,
  };
}

function diskFull(): Refusal {
  return {
    status: 507,
    code: "DENIED",
    message: "the class registry's disk is nearly full: tell your instructor",
  };
}

function keep(query: URLSearchParams, names: readonly string[]): string {
  const kept = new URLSearchParams([...query].filter(([name]) => names.includes(name)));
  return kept.size === 0 ? "" : `?${kept.toString()}`;
}

function answerJson(response: ServerResponse, content: Readonly<Record<string, unknown>>): void {
  const headers: IncomingHttpHeaders = {
    "content-type": "application/json",
    "docker-distribution-api-version": "registry/2.0",
  };
  response.writeHead(200, headers);
  response.end(response.req.method === "HEAD" ? undefined : JSON.stringify(content));
}
