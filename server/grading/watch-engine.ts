import type { Clock } from "../platform/clock";
import type { SandboxAgent } from "../sandboxes/sandbox-agent";
import type { SandboxId } from "../sandboxes/sandbox";
import { createTunnelHttp } from "./tunnel-http";

export interface WatchEngineOptions {
  readonly agent: Pick<SandboxAgent, "openTunnel">;
  readonly clock: Clock;
  readonly sandboxId: SandboxId;
  /** Called for every burst of events, and after each time that the connection was lost. */
  readonly onChange: () => void;
  readonly signal: AbortSignal;
}

const RECONNECT_MS_MIN = 500;
const RECONNECT_MS_MAX = 15_000;

/** What changes an answer of the engine. Not `exec_*`: checks and health checks would wake themselves. */
const FILTERS = {
  type: ["container", "image", "network", "volume"],
  event: [
    ...[
      "create",
      "start",
      "die",
      "kill",
      "stop",
      "restart",
      "pause",
      "unpause",
      "destroy",
      "rename",
      "update",
      "oom",
    ],
    ...["pull", "tag", "untag", "delete", "load", "import", "commit"],
    ...["connect", "disconnect", "mount", "unmount"],
  ],
};

/** Listens to a sandbox's engine until `signal` aborts, connecting again whenever that breaks off. Never rejects. */
export async function watchEngine({
  agent,
  clock,
  sandboxId,
  onChange,
  signal,
}: WatchEngineOptions): Promise<void> {
  const path = `/events?filters=${encodeURIComponent(JSON.stringify(FILTERS))}`;
  let pauseMs = RECONNECT_MS_MIN;
  while (!signal.aborted) {
    const hasAnswered = await listenOnce({ agent, sandboxId, onChange, signal, path });
    onChange();
    if (hasAnswered) pauseMs = RECONNECT_MS_MIN;
    await clock.sleep(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, RECONNECT_MS_MAX);
  }
}

/** Answers whether there was an engine to listen to. */
async function listenOnce(
  options: Omit<WatchEngineOptions, "clock"> & { readonly path: string },
): Promise<boolean> {
  const { agent, sandboxId, onChange, signal, path } = options;
  const http = createTunnelHttp({ agent, sandboxId, endpoint: "docker", signal });
  let hasAnswered = false;
  try {
    const stream = await http.openStream({ path }, signal);
    hasAnswered = stream.statusCode === 200;
    // What the events say is not read: whatever they say, the truth is asked for.
    for await (const chunk of stream as AsyncIterable<Buffer>) if (chunk.length > 0) onChange();
  } catch {
    // An engine that is starting, stopped, or gone with its sandbox: all of it ends in another try.
  } finally {
    http.close();
  }
  return hasAnswered;
}
