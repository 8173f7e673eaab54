import { randomUUID } from "node:crypto";
import net from "node:net";
import path from "node:path";
import type { Duplex } from "node:stream";
import type Docker from "dockerode";
import { systemClock } from "../../../server/platform/clock";
import { parseConfig } from "../../../server/platform/config";
import { DEFAULT_DOCKER_HOST } from "../../../server/platform/docker-host";
import { createSandboxAgent } from "../../../server/sandboxes/agent-client";
import { connectDocker } from "../../../server/sandboxes/drivers/docker/connect-docker";
import { EngineApi } from "../../../server/sandboxes/drivers/docker/engine-api";
import { findSandbox } from "../../../server/sandboxes/drivers/docker/find-sandbox";
import { ProcessSandboxDriver } from "../../../server/sandboxes/drivers/process/process-sandbox-driver";
import type { SandboxId } from "../../../server/sandboxes/sandbox";
import type { SandboxAgent } from "../../../server/sandboxes/sandbox-agent";
import type { SandboxAccess } from "../../../server/sandboxes/sandbox-driver";
import { bundleAgent } from "../../../setup/bundle";
import { silentLogger } from "../../support/silent-logger";

/** How another process reaches the sandbox. */
export type BenchAddress =
  | { readonly driver: "process"; readonly id: SandboxId; readonly socketPath: string }
  | { readonly driver: "docker"; readonly id: SandboxId; readonly installationId: string };

/** A sandbox to measure. Whoever starts it stops it. */
export interface BenchSandbox {
  readonly id: SandboxId;
  readonly agent: SandboxAgent;
  readonly address: BenchAddress;
  /** Null where the sandbox is no container: nothing to exec into. */
  readonly container: Docker.Container | null;
  stop(): Promise<void>;
}

const START_MS_MAX = 90_000;
const LIMITS = { cpuMillis: 2_000, memoryMiB: 1_536, diskMiB: 6_144, pidsMax: 2_048 };

export const tokenOf = (): string => "bench-token";

/** The driver to measure: what `asked` says; else docker when its engine answers. */
export async function chooseDriver(asked: string | undefined): Promise<"process" | "docker"> {
  if (asked === "process" || asked === "docker") return asked;
  if (asked !== undefined) throw new Error(`--driver is process or docker, not ${asked}`);
  const { sandbox } = parseConfig(process.env);
  const engine = new EngineApi(sandbox.dockerHost ?? DEFAULT_DOCKER_HOST);
  const image = engine.docker.getImage(sandbox.image).inspect();
  return image.then(
    () => "docker",
    () => "process",
  );
}

/** A sandbox that is a process of this machine. */
export async function startProcessSandbox(folder: string): Promise<BenchSandbox> {
  const id = randomUUID() as SandboxId;
  const driver = new ProcessSandboxDriver({
    ...{ folder, mode: "test", installationId: "bench", startTimeoutMs: START_MS_MAX, clock: systemClock },
    agentCommand: [process.execPath, path.join(await bundleAgent(), "agent.mjs")],
    tokenOf,
  });
  await driver.create(
    { id, profile: "docker", hostName: "bench", limits: LIMITS },
    AbortSignal.timeout(START_MS_MAX),
  );
  return {
    id,
    agent: createSandboxAgent({ access: driver, tokenOf }),
    address: { driver: "process", id, socketPath: driver.socketPathOf(id) },
    container: null,
    stop: () => driver.destroy(id),
  };
}

/** A sandbox as attendees get it. @throws AppError of the driver */
export async function startDockerSandbox(): Promise<BenchSandbox> {
  const id = randomUUID() as SandboxId;
  const installationId = randomUUID();
  const driver = await openDocker(installationId);
  await driver.create(
    { id, profile: "docker", hostName: "bench", limits: LIMITS },
    AbortSignal.timeout(START_MS_MAX),
  );
  const engine = new EngineApi(parseConfig(process.env).sandbox.dockerHost ?? DEFAULT_DOCKER_HOST);
  const { containerId } = await findSandbox({ engine, installationId }, id);
  return {
    id,
    agent: createSandboxAgent({ access: driver, tokenOf }),
    address: { driver: "docker", id, installationId },
    container: engine.docker.getContainer(containerId),
    stop: () => driver.destroy(id),
  };
}

/** Dials the sandbox at `address` as the server does. */
export async function openAccess(address: BenchAddress): Promise<SandboxAccess> {
  if (address.driver === "docker") return openDocker(address.installationId);
  const { socketPath } = address;
  return { dial: () => connectTo(socketPath) };
}

function openDocker(installationId: string) {
  const { dataFolder, sandbox } = parseConfig(process.env);
  return connectDocker({
    ...{ dockerHost: sandbox.dockerHost ?? DEFAULT_DOCKER_HOST, image: sandbox.image, dataFolder, tokenOf },
    ...{ installationId, startTimeoutMs: START_MS_MAX, clock: systemClock, log: silentLogger() },
  });
}

function connectTo(socketPath: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ path: socketPath });
    socket.once("error", reject);
    socket.once("connect", () => {
      resolve(socket);
    });
  });
}
