import { randomUUID } from "node:crypto";
import { systemClock } from "../../server/platform/clock";
import { parseConfig } from "../../server/platform/config";
import { DEFAULT_DOCKER_HOST } from "../../server/platform/docker-host";
import { createSandboxAgent } from "../../server/sandboxes/agent-client";
import { agentToken } from "../../server/sandboxes/agent-token";
import { ensureClassRegistry } from "../../server/sandboxes/drivers/docker/class-registry";
import { connectDocker } from "../../server/sandboxes/drivers/docker/connect-docker";
import type { SandboxId } from "../../server/sandboxes/sandbox";
import type { SandboxAgent } from "../../server/sandboxes/sandbox-agent";
import { silentLogger } from "./silent-logger";

/** A real sandbox of the docker driver, as attendees get it. Whoever starts it stops it. */
export interface TestSandbox {
  readonly id: SandboxId;
  readonly agent: SandboxAgent;
  stop(): Promise<void>;
}

const START_MS_MAX = 90_000;

/**
 * Starts a sandbox on the engine of `DOCKER_HOST`, with the class registry in reach. Needs the images of `npm test`.
 *
 * @throws AppError of the driver
 */
export async function startTestSandbox(): Promise<TestSandbox> {
  // The machine's own data folder: the file system that bounds a sandbox's disk outlives every test.
  const { dataFolder, sandbox } = parseConfig(process.env);
  const dockerHost = sandbox.dockerHost ?? DEFAULT_DOCKER_HOST;
  const tokenOf = (id: SandboxId): string => agentToken("a secret of the tests", id);
  await ensureClassRegistry({ dockerHost, image: sandbox.classRegistryImage });
  const driver = await connectDocker({
    ...{ dockerHost, image: sandbox.image, dataFolder, tokenOf },
    installationId: randomUUID(),
    startTimeoutMs: START_MS_MAX,
    clock: systemClock,
    log: silentLogger(),
  });
  const id = randomUUID() as SandboxId;
  const limits = { cpuMillis: 2_000, memoryMiB: 1_536, diskMiB: 6_144, pidsMax: 2_048 };
  await driver.create({ id, profile: "docker", hostName: "lab", limits }, AbortSignal.timeout(START_MS_MAX));
  return {
    id,
    agent: createSandboxAgent({ access: driver, tokenOf }),
    stop: () => driver.destroy(id),
  };
}
