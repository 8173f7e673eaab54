import type Docker from "dockerode";
import type { Clock } from "../../../platform/clock";
import { AppError } from "../../../platform/errors";
import type { Profile } from "../../../protocol";
import type { SandboxId } from "../../sandbox";
import type { SandboxSpec } from "../../sandbox-driver";
import { rootOnlyArchive } from "./container-files";
import type { DataVolumes, VolumeMount } from "./data-volumes";
import { unlessRefused, type EngineApi } from "./engine-api";
import { sandboxCapabilities } from "./host-capabilities";
import type { HostGate } from "./host-gate";
import { sandboxLabels } from "./labels";
import { agentSettings, sandboxContainer } from "./sandbox-container";
import { ensureSandboxNetwork } from "./sandbox-network";
import { registrySubnet } from "./subnets";

export interface CreateDeps {
  readonly engine: EngineApi;
  readonly volumes: DataVolumes;
  readonly gate: HostGate;
  readonly installationId: string;
  readonly image: string;
  readonly addressBlock: string;
  readonly tokenOf: (id: SandboxId) => string;
  /** The template that volumes of a profile begin as; null for none. */
  readonly findTemplate: (profile: Profile) => Promise<string | null>;
  readonly clock: Clock;
}

/** Engine calls that a busy host may take long for. */
const CALL = { timeoutMs: 30_000 };

/** Makes the sandbox's network, volume and container exist and the container run. Idempotent: takes up what an earlier try left. */
export async function createSandboxContainer(
  deps: CreateDeps,
  spec: SandboxSpec,
  signal: AbortSignal,
): Promise<void> {
  const { engine, gate, installationId, addressBlock } = deps;
  const name = `slipway-${spec.id}`;
  const labels = sandboxLabels(installationId, spec.id, deps.clock.nowMs());
  const parts = [
    gate.open(),
    ensureSandboxNetwork(engine, { name, labels, addressBlock }),
    ensureVolume(deps, spec),
  ] as const;
  // Not one of them may still be going on when this rejects: what cleans up afterwards must see everything.
  await Promise.allSettled(parts);
  const [host, subnet, volume] = await Promise.all(parts);
  const container = sandboxContainer({
    ...{ spec, name, labels, volume },
    image: deps.image,
    network: { name, subnet },
    capabilities: sandboxCapabilities(host.capBnd),
    registryHost: registrySubnet(addressBlock).host,
  });
  const settings = await rootOnlyArchive(
    "etc/slipway/agent.json",
    agentSettings(deps.tokenOf(spec.id), spec.profile),
  );
  const steps = [
    () =>
      unlessRefused(
        [409],
        engine.call("create container", (docker) => docker.createContainer(container), CALL),
      ),
    () =>
      engine.call("put agent settings", (docker) => putArchive(docker.getContainer(name), settings), CALL),
    () =>
      unlessRefused(
        [304],
        engine.call("start container", (docker) => docker.getContainer(name).start(), CALL),
      ),
  ];
  for (const step of steps) {
    // Between steps, never in one: a request that nobody waits for any more would make something after the cleaning up.
    if (signal.aborted) throw new AppError("wait.aborted", `creating ${name}: aborted`);
    await step();
  }
}

async function ensureVolume(deps: CreateDeps, { id, profile, limits }: SandboxSpec): Promise<VolumeMount> {
  return deps.volumes.ensure(id, { diskMiB: limits.diskMiB, template: await deps.findTemplate(profile) });
}

function putArchive(container: Docker.Container, archive: Buffer): Promise<unknown> {
  return container.putArchive(archive, { path: "/" });
}
