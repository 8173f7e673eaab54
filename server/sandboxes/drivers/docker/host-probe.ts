import { AppError } from "../../../platform/errors";
import type { EngineApi } from "./engine-api";
import { roleLabels } from "./labels";
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
  const container = await engine.call("create host probe", (docker) =>
    docker.createContainer({
      Image: image,
      Entrypoint: ["/opt/slipway/host-probe"],
      Cmd: [BRIDGE_PREFIX, registrySubnet(addressBlock).host, String(REGISTRY_PORT)],
      Labels: roleLabels(installationId, "host-probe"),
      HostConfig: {
        NetworkMode: "host",
        PidMode: "host",
        CapDrop: ["ALL"],
        CapAdd: ["NET_ADMIN", "NET_RAW"],
        Memory: PROBE_MEMORY_BYTES,
      },
    }),
  );
  try {
    await engine.call("start host probe", () => container.start());
    const { StatusCode } = (await engine.call("run host probe", () => container.wait(), {
      timeoutMs: PROBE_MS_MAX,
    })) as { StatusCode: number };
    const output = plainText(
      await engine.call("read host probe", () => container.logs({ stdout: true, stderr: true })),
    );
    if (StatusCode === 0) return { capBnd: readField(output, "capBnd") };
    throw new AppError("sandbox.start-failed", `the host's firewall cannot be set up: ${output.slice(-500)}`);
  } finally {
    await engine
      .call("remove host probe", () => container.remove({ force: true, v: true }))
      .catch(() => undefined);
  }
}

function readField(output: string, name: string): string {
  const value = new RegExp(`^${name}=(\\S+)$`, "m").exec(output)?.[1];
  if (value === undefined)
    throw new AppError("sandbox.start-failed", `the host probe told no ${name}: ${output}`);
  return value;
}

/** The engine frames each piece of a log with 8 bytes. */
function plainText(log: Buffer): string {
  const pieces: string[] = [];
  for (let at = 0; at + 8 <= log.length;) {
    const end = at + 8 + log.readUInt32BE(at + 4);
    pieces.push(log.subarray(at + 8, end).toString());
    at = end;
  }
  return pieces.join("");
}
