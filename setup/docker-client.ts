import Docker from "dockerode";
import { parseDockerHost } from "../server/platform/docker-host";

export type EngineAnswer = "answers" | "absent" | "forbidden";

/** A client of the engine's API for setup's own use. `silenceMsMax` bounds the silence on one connection. */
export function dockerClient(dockerHost: string, silenceMsMax = 30_000): Docker {
  const address = parseDockerHost(dockerHost, process.env["DOCKER_CERT_PATH"]);
  // An empty host keeps the client from preferring a tcp:// DOCKER_HOST of the environment over our socket.
  return new Docker({ host: "", ...address, timeout: silenceMsMax });
}

/** Whether an engine listens at `dockerHost`. Answers within `timeoutMs`; never throws for a dead one. */
export async function pingEngine(dockerHost: string, timeoutMs = 2_000): Promise<EngineAnswer> {
  try {
    await dockerClient(dockerHost, timeoutMs).ping();
    return "answers";
  } catch (caught) {
    const code = caught instanceof Error && "code" in caught ? caught.code : undefined;
    return code === "EACCES" || code === "EPERM" ? "forbidden" : "absent";
  }
}
