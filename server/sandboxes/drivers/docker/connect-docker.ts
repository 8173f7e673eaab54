import { DEFAULT_DOCKER_HOST } from "../../../platform/docker-host";
import type { Clock } from "../../../platform/clock";
import type { Logger } from "../../../platform/logger";
import type { SandboxId } from "../../sandbox";
import { openBtrfsVolumes } from "./btrfs-volumes";
import type { DataVolumes } from "./data-volumes";
import { DockerSandboxDriver } from "./docker-sandbox-driver";
import { EngineApi } from "./engine-api";
import { readPreparation } from "./profile-templates";
import { EngineVolumes } from "./engine-volumes";

export interface ConnectDockerOptions {
  /** Docker's default socket when absent. */
  readonly dockerHost: string | undefined;
  /** Folder of `ca.pem`, `cert.pem` and `key.pem` for an engine behind TLS. */
  readonly certFolder?: string | undefined;
  readonly installationId: string;
  readonly tokenOf: (id: SandboxId) => string;
  readonly image: string;
  /** Where quota-limited volumes may live, on the engine's host. */
  readonly dataFolder: string;
  /** False where the operator wants no clusters, though there may be templates. True by default. */
  readonly hasClusters?: boolean;
  /** Those that fit this machine when absent. */
  readonly volumes?: DataVolumes;
  readonly startTimeoutMs: number;
  /** Of private addresses, at least a /27; sandboxes' networks are cut from it. */
  readonly addressBlock?: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Not one of Docker's own default pools, and outside what inner engines and kind use. */
export const ADDRESS_BLOCK = "10.213.0.0/16";

/**
 * The docker driver for this engine, with volumes that bound the disk where this server is root on the engine's own host and
 * its kernel has btrfs, else with the engine's own volumes. Says in the log which.
 */
export async function connectDocker(options: ConnectDockerOptions): Promise<DockerSandboxDriver> {
  const { dockerHost = DEFAULT_DOCKER_HOST, installationId, clock, log, dataFolder } = options;
  return new DockerSandboxDriver({
    ...{ installationId, clock, log },
    engine: new EngineApi(dockerHost, options.certFolder),
    volumes: options.volumes ?? (await openVolumes(options)),
    tokenOf: options.tokenOf,
    image: options.image,
    addressBlock: options.addressBlock ?? ADDRESS_BLOCK,
    readPreparation: async () =>
      options.hasClusters === false ? { state: "off" } : readPreparation(dataFolder),
    startTimeoutMs: options.startTimeoutMs,
  });
}

/** The volumes of `connectDocker`'s driver. */
export async function openVolumes(
  options: Omit<ConnectDockerOptions, "tokenOf" | "startTimeoutMs" | "volumes">,
): Promise<DataVolumes> {
  const { dockerHost = DEFAULT_DOCKER_HOST, installationId, clock, log, dataFolder, image } = options;
  const engine = new EngineApi(dockerHost, options.certFolder);
  const quota = await openBtrfsVolumes({ engine, dataFolder, installationId });
  if (quota.kind === "open") return quota.volumes;
  log.warn("driver.disk-unlimited", { driver: "docker", reason: quota.reason });
  return new EngineVolumes({ engine, installationId, clock, image });
}
