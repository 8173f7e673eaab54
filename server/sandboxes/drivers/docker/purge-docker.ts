import { DEFAULT_DOCKER_HOST } from "../../../platform/docker-host";
import { openBtrfsVolumes } from "./btrfs-volumes";
import { connectDocker, type ConnectDockerOptions } from "./connect-docker";
import { EngineApi } from "./engine-api";

/**
 * Destroys every sandbox of the installation and takes its volumes off the machine. What all installations of an engine
 * share (images, the class registry) stays. Answers how many sandboxes there were.
 */
export async function purgeDocker(options: ConnectDockerOptions): Promise<number> {
  const driver = await connectDocker(options);
  const sandboxes = await driver.list();
  await Promise.all(sandboxes.map(({ id }) => driver.destroy(id)));
  const engine = new EngineApi(options.dockerHost ?? DEFAULT_DOCKER_HOST, options.certFolder);
  const pool = await openBtrfsVolumes({ ...options, engine });
  if (pool.kind === "open") await pool.volumes.destroyPart();
  return sandboxes.length;
}
