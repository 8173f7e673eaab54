import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import Docker from "dockerode";
import { parseDockerHost } from "../../../server/platform/docker-host";
import { systemClock } from "../../../server/platform/clock";
import type { SandboxId } from "../../../server/sandboxes/sandbox";
import { connectDocker } from "../../../server/sandboxes/drivers/docker/connect-docker";
import type { DockerSandboxDriver } from "../../../server/sandboxes/drivers/docker/docker-sandbox-driver";
import { BtrfsVolumes } from "../../../server/sandboxes/drivers/docker/btrfs-volumes";
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

/** The real engine with a data folder of its own, so that a run's volumes can be told from everybody else's. */
export class DockerFixture {
  readonly docker = hasDocker() ? new Docker({ host: "", ...parseDockerHost(dockerHost) }) : new Docker();
  readonly #installationIds = new Set<string>();
  #dataFolder: string | undefined;

  async connect(installationId: string): Promise<DockerSandboxDriver> {
    this.#dataFolder ??= await mkdtemp(path.join(os.tmpdir(), "slipway-docker-"));
    this.#installationIds.add(installationId);
    return connectDocker({
      ...{ dockerHost, installationId, tokenOf },
      image: "slipway/sandbox:current",
      dataFolder: this.#dataFolder,
      startTimeoutMs: 30_000,
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
    if (this.#dataFolder === undefined) return;
    const pool = path.join(this.#dataFolder, "volumes");
    // Where there is no pool (no root, no btrfs) there is nothing to take away. The last part takes the pool with it.
    for (const installationId of this.#installationIds)
      await new BtrfsVolumes(pool, path.join(pool, installationId)).destroyPart().catch(() => undefined);
    await rm(this.#dataFolder, { recursive: true, force: true });
  }
}
