import { request } from "node:http";
import type { Duplex } from "node:stream";
import { z } from "zod";

const healthSchema = z.object({ engine: z.enum(["up", "starting", "down", "absent"]) });
const HEALTH_MS_MAX = 5_000;
const HEALTH_BYTES_MAX = 16 * 1_024;

/** What the agent at the other end of `stream` says of its sandbox's engine. Ends the stream. Rejects when it says nothing usable. */
export async function readEngineState(
  stream: Duplex,
  token: string,
): Promise<z.infer<typeof healthSchema>["engine"]> {
  try {
    return healthSchema.parse(JSON.parse(await readBody(stream, token))).engine;
  } finally {
    stream.destroy();
  }
}

function readBody(stream: Duplex, token: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({
      createConnection: () => stream,
      host: "agent",
      path: "/v1/health",
      headers: { authorization: `Bearer ${token}`, connection: "close" },
      signal: AbortSignal.timeout(HEALTH_MS_MAX),
    });
    call.on("error", reject);
    call.on("response", (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => {
        body += chunk.toString();
        if (body.length > HEALTH_BYTES_MAX) response.destroy(new Error("the agent's answer has no end"));
      });
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`the agent answered ${response.statusCode ?? "nothing"}`));
      });
    });
    call.end();
  });
}
