import { AppError } from "../../../platform/errors";
import type { SandboxId } from "../../sandbox";
import type { EngineApi } from "./engine-api";
import { labelFilter } from "./labels";

export interface FoundSandbox {
  readonly containerId: string;
  readonly isRunning: boolean;
  /** On the sandbox's own bridge; empty while it does not run. */
  readonly address: string;
}

/** @throws AppError `sandbox.not-found` | `driver.unreachable` */
export async function findSandbox(
  { engine, installationId, timeoutMs }: { engine: EngineApi; installationId: string; timeoutMs?: number },
  id: SandboxId,
): Promise<FoundSandbox> {
  const filters = labelFilter(installationId, id);
  const [container] = await engine.call(
    "find container",
    (docker) => docker.listContainers({ all: true, filters }),
    timeoutMs === undefined ? {} : { timeoutMs },
  );
  if (container === undefined)
    throw new AppError("sandbox.not-found", `no sandbox ${id}`, { details: { sandboxId: id } });
  const [network] = Object.values(container.NetworkSettings.Networks);
  return {
    containerId: container.Id,
    isRunning: container.State === "running",
    address: network?.IPAddress ?? "",
  };
}
