import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { systemClock } from "../../server/platform/clock";
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
  const dockerHost = process.env["DOCKER_HOST"] ?? DEFAULT_DOCKER_HOST;
  const image = process.env["SANDBOX_IMAGE"] ?? "slipway/sandbox:current";
  const registryImage = process.env["CLASS_REGISTRY_IMAGE"] ?? "slipway/class-registry:current";
  const dataFolder = await mkdtemp(path.join(os.tmpdir(), "slipway-sandbox-"));
  const tokenOf = (id: SandboxId): string => agentToken("a secret of the tests", id);
  await ensureClassRegistry({ dockerHost, image: registryImage });
  const driver = await connectDocker({
    ...{ dockerHost, image, dataFolder, tokenOf },
    installationId: randomUUID(),
    startTimeoutMs: START_MS_MAX,
    clock: systemClock,
    log: silentLogger(),
  });
  const id = randomUUID() as SandboxId;
  const limits = { cpuMillis: 2_000, memoryMiB: 1_536, diskMiB: 6_144, pidsMax: 2_048 };
  await driver.create({ id, hostName: "lab", limits }, AbortSignal.timeout(START_MS_MAX));
  return {
    id,
    agent: createSandboxAgent({ access: driver, tokenOf }),
    stop: async () => {
      await driver.destroy(id);
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}
