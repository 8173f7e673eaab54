import { DEFAULT_DOCKER_HOST } from "../../../server/platform/docker-host";
import { dockerClient } from "../../../setup/docker-client";

export interface ContainerState {
  readonly containerId: string;
  readonly isRunning: boolean;
  /** On this machine; 0 while it does not run. */
  readonly pid: number;
}

/** The container that is the sandbox, as the engine has it. */
export async function readContainer(sandboxId: string): Promise<ContainerState> {
  const docker = dockerClient(process.env["DOCKER_HOST"] ?? DEFAULT_DOCKER_HOST);
  const { Id, State } = await docker.getContainer(`slipway-${sandboxId}`).inspect();
  return { containerId: Id, isRunning: State.Running, pid: State.Pid };
}
