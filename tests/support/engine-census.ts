import { readFile } from "node:fs/promises";
import path from "node:path";
import { dockerClient } from "../../setup/docker-client";
import { DEFAULT_DOCKER_HOST } from "../../server/platform/docker-host";
import { labelFilter } from "../../server/sandboxes/drivers/docker/labels";

/** How many sandbox containers of the installation in `dataFolder` its engine has, running or not. */
export async function countSandboxContainers(
  dataFolder: string,
  dockerHost = process.env["DOCKER_HOST"] ?? DEFAULT_DOCKER_HOST,
): Promise<number> {
  const { installationId } = JSON.parse(
    await readFile(path.join(dataFolder, "installation.json"), "utf8"),
  ) as { installationId: string };
  const docker = dockerClient(dockerHost, 10_000);
  return (await docker.listContainers({ all: true, filters: labelFilter(installationId) })).length;
}
