import { AppError } from "../../../platform/errors";
import type { EngineApi } from "./engine-api";
import { runHelper } from "./helper-container";
import { REGISTRY_PORT } from "./sandbox-container";
import { BRIDGE_PREFIX, registrySubnet } from "./subnets";

export interface HostProbeOptions {
  readonly engine: EngineApi;
  readonly installationId: string;
  /** The sandbox image, which holds the probe. */
  readonly image: string;
  readonly addressBlock: string;
}

export interface EngineHost {
  /** Hexadecimal mask of the capabilities that anything on the host can have. */
  readonly capBnd: string;
}

const PROBE_MS_MAX = 30_000;
const PROBE_MEMORY_BYTES = 128 * 1_024 * 1_024;

/**
 * Makes the engine's host refuse what sandboxes must not reach, and tells what it is like. Works on the host through a
 * container, so it does not matter where this server runs. Idempotent; takes about half a second.
 *
 * @throws AppError `sandbox.start-failed` when the rules cannot be put in place: without them nothing may start.
 */
export async function probeHost(options: HostProbeOptions): Promise<EngineHost> {
  const { engine, installationId, image, addressBlock } = options;
  const { exitCode, said } = await runHelper({
    ...{ engine, installationId, role: "host-probe", timeoutMs: PROBE_MS_MAX },
    container: {
      Image: image,
      Entrypoint: ["/opt/slipway/host-probe"],
      Cmd: [BRIDGE_PREFIX, registrySubnet(addressBlock).host, String(REGISTRY_PORT)],
      HostConfig: {
        NetworkMode: "host",
        PidMode: "host",
        CapDrop: ["ALL"],
        CapAdd: ["NET_ADMIN", "NET_RAW"],
        Memory: PROBE_MEMORY_BYTES,
      },
    },
  });
  if (exitCode === 0) return { capBnd: readField(said, "capBnd") };
  throw new AppError("sandbox.start-failed", `the host's firewall cannot be set up: ${said.slice(-500)}`);
}

function readField(output: string, name: string): string {
  const value = new RegExp(`^${name}=(\\S+)$`, "m").exec(output)?.[1];
  if (value === undefined)
    throw new AppError("sandbox.start-failed", `the host probe told no ${name}: ${output}`);
  return value;
}
