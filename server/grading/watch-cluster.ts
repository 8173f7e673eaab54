import type { Lab } from "../labs/catalog";
import { linkAbort } from "../platform/abort-signals";
import type { Clock } from "../platform/clock";
import type { SandboxAgent } from "../sandboxes/sandbox-agent";
import type { SandboxId } from "../sandboxes/sandbox";
import type { ClusterQuery } from "./cluster-reader";
import { connectCluster, type ClusterConnection } from "./connect-cluster";

export interface WatchClusterOptions {
  readonly agent: Pick<SandboxAgent, "openTunnel" | "readFile">;
  readonly clock: Clock;
  readonly sandboxId: SandboxId;
  /** What is listened to; see `watchedKindsOf`. */
  readonly queries: readonly ClusterQuery[];
  /** Called for every burst of changes, and after each time that the connection was lost. */
  readonly onChange: () => void;
  readonly signal: AbortSignal;
}

const RECONNECT_MS_MIN = 1_000;
const RECONNECT_MS_MAX = 15_000;
/** A cluster that does not begin to answer is tried again. */
const CONNECT_MS_MAX = 8_000;
/** Each is one more connection. A kind beyond these is noticed by the poll. */
const QUERIES_MAX = 6;
const PODS: ClusterQuery = { apiVersion: "v1", objectKind: "Pod" };

/** What has to be listened to for a lab's checks to be judged when they change; none when it has none on Kubernetes. */
export function watchedKindsOf({ steps }: Pick<Lab, "steps">): readonly ClusterQuery[] {
  const kinds = new Map<string, ClusterQuery>();
  for (const check of steps.flatMap(({ checks }) => checks)) {
    if (check.kind !== "kubernetes") continue;
    const { apiVersion, objectKind } = check;
    // Most of what becomes ready does so by its pods.
    for (const query of [PODS, { apiVersion, objectKind }])
      kinds.set(`${query.apiVersion} ${query.objectKind}`, query);
  }
  return [...kinds.values()].slice(0, QUERIES_MAX);
}

/** Listens to a sandbox's cluster until `signal` aborts, connecting again whenever that breaks off. Never rejects. */
export async function watchCluster({ clock, ...options }: WatchClusterOptions): Promise<void> {
  const { queries, onChange, signal } = options;
  if (queries.length === 0) return;
  let pauseMs = RECONNECT_MS_MIN;
  while (!signal.aborted) {
    const hasAnswered = await listenOnce(options);
    onChange();
    if (hasAnswered) pauseMs = RECONNECT_MS_MIN;
    await clock.sleep(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, RECONNECT_MS_MAX);
  }
}

/** Until the first of the streams ends. Answers whether there was a cluster to listen to. */
async function listenOnce(options: Omit<WatchClusterOptions, "clock">): Promise<boolean> {
  const { agent, sandboxId, queries, signal } = options;
  const listening = linkAbort(signal);
  let hasAnswered = false;
  const connecting = setTimeout(() => {
    listening.abort();
  }, CONNECT_MS_MAX);
  try {
    const connectionsMax = queries.length + 1;
    const connection = await connectCluster({ agent, sandboxId, connectionsMax }, listening.signal);
    if (connection === undefined) return false;
    try {
      const paths = await Promise.all(queries.map((query) => connection.reader.findWatchPath(query)));
      clearTimeout(connecting);
      hasAnswered = true;
      const streams = paths.filter((path) => path !== undefined);
      if (streams.length === 0) return hasAnswered;
      await Promise.race(
        streams.map((path) => listen({ connection, path, signal: listening.signal }, options.onChange)),
      );
    } finally {
      connection.close();
    }
  } catch {
    // A cluster that is starting, stopped, deleted, or gone with its sandbox: all of it ends in another try.
  } finally {
    clearTimeout(connecting);
    listening.abort();
  }
  return hasAnswered;
}

async function listen(
  {
    connection,
    path,
    signal,
  }: { readonly connection: ClusterConnection; readonly path: string; readonly signal: AbortSignal },
  onChange: () => void,
): Promise<void> {
  const { http, reader } = connection;
  const stream = await http.openStream({ path, headers: reader.headers }, signal);
  // What the events say is not read: whatever they say, the truth is asked for.
  for await (const chunk of stream as AsyncIterable<Buffer>) if (chunk.length > 0) onChange();
}
