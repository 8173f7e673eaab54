import { request as httpRequest } from "node:http";
import type { Duplex } from "node:stream";
import { abortWithin } from "../platform/abort-signals";
import { AppError } from "../platform/errors";
import { dialWithin, explainFailure, type DialAgent } from "./agent-http";
import type { TunnelEndpoint } from "./sandbox-agent";

const OPEN_TIMEOUT_MS = 8_000;

/**
 * A raw stream to `endpoint`. Its peer is in the sandbox: hostile, and to be destroyed by the caller.
 * @throws AppError `agent.unreachable` also when nothing answers at the endpoint · `wait.aborted` · what `dial` throws
 */
export async function openAgentTunnel(
  dial: DialAgent,
  token: string,
  { endpoint, signal }: { readonly endpoint: TunnelEndpoint; readonly signal: AbortSignal },
): Promise<Duplex> {
  const limited = abortWithin(signal, OPEN_TIMEOUT_MS);
  let stream: Duplex | undefined;
  try {
    stream = await dialWithin(dial, limited);
    return await upgrade(stream, token, { endpoint, signal: limited });
  } catch (caught) {
    stream?.destroy();
    throw explainFailure(caught, { signal, limited });
  }
}

function upgrade(
  stream: Duplex,
  token: string,
  { endpoint, signal }: { readonly endpoint: TunnelEndpoint; readonly signal: AbortSignal },
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      createConnection: () => stream,
      path: `/v1/tunnels/${endpoint}`,
      headers: {
        host: "agent",
        authorization: `Bearer ${token}`,
        connection: "Upgrade",
        upgrade: "slipway-tunnel",
      },
    });
    const abort = (): void => {
      reject(new Error("aborted while opening a tunnel"));
      stream.destroy();
    };
    signal.addEventListener("abort", abort, { once: true });
    request.on("error", reject);
    request.on("response", (response) => {
      const status = response.statusCode ?? 0;
      reject(new AppError("agent.unreachable", `tunnel ${endpoint}: the agent answered ${status}`));
      stream.destroy();
    });
    request.on("upgrade", (_, upgraded, head) => {
      signal.removeEventListener("abort", abort);
      upgraded.on("error", () => upgraded.destroy());
      if (head.length > 0) upgraded.unshift(head);
      resolve(upgraded);
    });
    request.end();
  });
}
