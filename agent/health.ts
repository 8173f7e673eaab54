import { request } from "node:http";

export type EngineState = "up" | "starting" | "down" | "absent";

const PING_TIMEOUT_MS = 1_000;
/** An engine that does not answer this long after the agent's start is not starting any more. */
const STARTING_MS = 60_000;

/** Whether the inner engine answers its ping. */
export async function readEngineState(socketPath: string | null): Promise<EngineState> {
  if (socketPath === null) return "absent";
  if (await answersPing(socketPath)) return "up";
  return process.uptime() * 1_000 < STARTING_MS ? "starting" : "down";
}

function answersPing(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: "/_ping", timeout: PING_TIMEOUT_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.on("timeout", () => ping.destroy());
    ping.on("error", () => {
      resolve(false);
    });
    ping.end();
  });
}
