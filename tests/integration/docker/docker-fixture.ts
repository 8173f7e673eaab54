import path from "node:path";
import Docker from "dockerode";
import { parseDockerHost } from "../../../server/platform/docker-host";
import { parseConfig } from "../../../server/platform/config";
import { systemClock } from "../../../server/platform/clock";
import type { SandboxId } from "../../../server/sandboxes/sandbox";
import { connectDocker } from "../../../server/sandboxes/drivers/docker/connect-docker";
import type { DockerSandboxDriver } from "../../../server/sandboxes/drivers/docker/docker-sandbox-driver";
import { BtrfsVolumes } from "../../../server/sandboxes/drivers/docker/btrfs-volumes";
import type { DataVolumes } from "../../../server/sandboxes/drivers/docker/data-volumes";
import { LABELS } from "../../../server/sandboxes/drivers/docker/labels";
import { silentLogger } from "../../support/silent-logger";

const dockerHost = process.env["DOCKER_HOST"] ?? "";

/** True when a test run has an engine. Where one is required, a run without it fails instead of skipping. */
export function hasDocker(): boolean {
  if (dockerHost === "" && process.env["REQUIRE_DOCKER"] === "1") {
    throw new Error("REQUIRE_DOCKER=1, but DOCKER_HOST names no engine");
  }
  return dockerHost !== "";
}

export const tokenOf = (id: SandboxId): string => `token-of-${id}`;

/** The real engine, and this machine's own volumes: that is where the templates of clusters are. */
export class DockerFixture {
  readonly docker = hasDocker() ? new Docker({ host: "", ...parseDockerHost(dockerHost) }) : new Docker();
  readonly #volumesFolder = parseConfig(process.env).sandbox.volumesFolder;
  readonly #installationIds = new Set<string>();

  /** A driver whose sandboxes are the installation's; on the machine's own volumes unless others are given. */
  async connect(installationId: string, volumes?: DataVolumes): Promise<DockerSandboxDriver> {
    this.#installationIds.add(installationId);
    return connectDocker({
      ...(volumes && { volumes }),
      ...{ dockerHost, installationId, tokenOf },
      image: "slipway/sandbox:current",
      dataFolder: this.#volumesFolder,
      startTimeoutMs: 60_000,
      clock: systemClock,
      log: silentLogger(),
    });
  }

  /** How many containers, networks and volumes of the engine still carry the installation's label. */
  async countLeft(installationId: string): Promise<number> {
    const filters = { label: [`${LABELS.installation}=${installationId}`] };
    const [containers, networks, volumes] = await Promise.all([
      this.docker.listContainers({ all: true, filters }),
      this.docker.listNetworks({ filters }),
      this.docker.listVolumes({ filters }),
    ]);
    return containers.length + networks.length + volumes.Volumes.length;
  }

  async close(): Promise<void> {
    const pool = path.join(this.#volumesFolder, "volumes");
    // Where there is no pool (no root, no btrfs) there is nothing to take away.
    for (const installationId of this.#installationIds)
      await new BtrfsVolumes(pool, path.join(pool, installationId)).destroyPart().catch(() => undefined);
  }
}
