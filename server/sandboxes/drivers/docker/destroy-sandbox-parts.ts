import { systemClock } from "../../../platform/clock";
import { waitUntil } from "../../../platform/wait-until";
import type { SandboxId } from "../../sandbox";
import { EngineRefusal, unlessRefused } from "./engine-api";
import { labelFilter } from "./labels";
import type { ObserveDeps } from "./observe-sandboxes";
import { thawContainer } from "./thaw-container";

/** Removing many overlay layers of a busy disk takes its time. */
const REMOVE_MS_MAX = 60_000;
/** Another process that is removing the same thing is waited for this long. */
const GONE_MS_MAX = 30_000;

/** Removes the sandbox's container, volume and network, whichever of them exist. Idempotent; returns when all are gone. */
export async function destroySandboxParts(deps: ObserveDeps, id: SandboxId): Promise<void> {
  await removeContainers(deps, id);
  await Promise.all([deps.volumes.remove(id), removeNetworks(deps, id)]);
}

/** Removes the container alone: network and volume stay for the next one. Idempotent. */
export async function removeContainers(
  { engine, installationId }: ObserveDeps,
  id: SandboxId,
): Promise<void> {
  const filters = labelFilter(installationId, id);
  const list = () =>
    engine.call("list containers", (docker) => docker.listContainers({ all: true, filters }));
  for (const { Id } of await list()) {
    const remove = () =>
      engine.call("remove container", (docker) => docker.getContainer(Id).remove({ force: true, v: true }), {
        timeoutMs: REMOVE_MS_MAX,
      });
    // 409: somebody else is removing it. 500: its processes do not end, because some are frozen.
    const removing = unlessRefused([404, 409], remove()).catch(async (refusal: unknown) => {
      if (!(refusal instanceof EngineRefusal) || refusal.statusCode !== 500) throw refusal;
      await thawContainer(engine, installationId, Id);
      await unlessRefused([404, 409], remove());
    });
    await removing;
  }
  await waitUntil("container is gone", async () => (await list()).length === 0, {
    timeoutMs: GONE_MS_MAX,
    clock: systemClock,
  });
}

async function removeNetworks({ engine, installationId }: ObserveDeps, id: SandboxId): Promise<void> {
  const filters = labelFilter(installationId, id);
  for (const { Id } of await engine.call("list networks", (docker) => docker.listNetworks({ filters }))) {
    const remove = engine.call("remove network", (docker) => docker.getNetwork(Id).remove(), {
      timeoutMs: REMOVE_MS_MAX,
    });
    await unlessRefused([404], remove);
  }
}
