import { randomUUID } from "node:crypto";
import { systemClock } from "../../server/platform/clock";
import { parseConfig, type Config } from "../../server/platform/config";
import { DEFAULT_DOCKER_HOST } from "../../server/platform/docker-host";
import type { Profile } from "../../server/protocol/profile";
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
export async function startTestSandbox(profile: Profile = "docker"): Promise<TestSandbox> {
  const { sandbox } = parseConfig(process.env);
  const driver = await connect();
  await ensureClassRegistry({ dockerHost: dockerHostOf(sandbox), image: sandbox.classRegistryImage });
  const id = randomUUID() as SandboxId;
  const { limits } = sandbox.plans[profile];
  await driver.create({ id, profile, hostName: "lab", limits }, AbortSignal.timeout(START_MS_MAX));
  return {
    id,
    agent: createSandboxAgent({ access: driver, tokenOf }),
    stop: () => driver.destroy(id),
  };
}

/** Why there can be no sandbox of `profile` on this machine, in a sentence; undefined when there can. */
export async function findObstacle(profile: Profile): Promise<string | undefined> {
  const states = await (await connect()).readProfiles();
  const state = states.find((each) => each.profile === profile);
  if (state === undefined || state.state === "ready") return undefined;
  return state.state === "preparing" ? "It is still being prepared." : state.reason;
}

async function connect(): ReturnType<typeof connectDocker> {
  // The machine's own data folder: the file system that bounds a sandbox's disk outlives every test.
  const { sandbox } = parseConfig(process.env);
  return connectDocker({
    ...{ dockerHost: dockerHostOf(sandbox), image: sandbox.image, tokenOf },
    dataFolder: sandbox.volumesFolder,
    installationId: randomUUID(),
    startTimeoutMs: START_MS_MAX,
    clock: systemClock,
    log: silentLogger(),
  });
}

function dockerHostOf({ dockerHost = DEFAULT_DOCKER_HOST }: Config["sandbox"]): string {
  return dockerHost;
}

function tokenOf(id: SandboxId): string {
  return agentToken("a secret of the tests", id);
}
