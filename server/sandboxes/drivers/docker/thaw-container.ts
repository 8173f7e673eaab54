import type { EngineApi } from "./engine-api";
import { runHelper } from "./helper-container";

const THAW_MS_MAX = 20_000;
const THAW_MEMORY_BYTES = 64 * 1_024 * 1_024;
/** Every group below the container's, deepest first: what is frozen inside keeps what is outside from ending. */
const THAW_SCRIPT =
  'find /host-cgroup/freezer -depth -path "*$1*" -name freezer.state 2>/dev/null | while read -r state; do echo THAWED > "$state"; done';

/**
 * Lets every frozen process of a container go on, on the engine's host. On cgroup v1 a frozen process cannot be killed, and
 * an attendee who pauses a container inside a sandbox leaves one. Does nothing on cgroup v2, where it can be.
 */
export async function thawContainer(
  engine: EngineApi,
  installationId: string,
  containerId: string,
): Promise<void> {
  const { Image } = await engine.call("inspect container", (docker) =>
    docker.getContainer(containerId).inspect(),
  );
  await runHelper({
    ...{ engine, installationId, role: "host-probe", timeoutMs: THAW_MS_MAX },
    container: {
      Image,
      Entrypoint: ["sh", "-c", THAW_SCRIPT, "thaw"],
      Cmd: [containerId],
      HostConfig: {
        NetworkMode: "none",
        Memory: THAW_MEMORY_BYTES,
        Binds: ["/sys/fs/cgroup:/host-cgroup"],
      },
    },
  });
}
