import type { SandboxId } from "../../sandbox";
import type { SandboxObservation } from "../../sandbox-driver";
import type { DataVolumes } from "./data-volumes";
import type { EngineApi } from "./engine-api";
import { labelFilter, readSandboxLabels } from "./labels";

export interface ObserveDeps {
  readonly engine: EngineApi;
  readonly volumes: DataVolumes;
  readonly installationId: string;
}

type Present = Exclude<SandboxObservation, { readonly state: "absent" }>;

/**
 * Every sandbox of which anything is left, or the one with `id` if it is among them. A network or volume without a container is a
 * `broken` sandbox: somebody was killed between two steps, and destroying it clears it away.
 */
export async function observeSandboxes(
  { engine, volumes, installationId }: ObserveDeps,
  id?: SandboxId,
): Promise<readonly Present[]> {
  const filters = labelFilter(installationId, id);
  const [containers, networks, found] = await Promise.all([
    engine.call("list containers", (docker) => docker.listContainers({ all: true, filters })),
    engine.call("list networks", (docker) => docker.listNetworks({ filters })),
    volumes.list(),
  ]);
  const observed = new Map<SandboxId, Present>();
  const leftovers = [...networks.flatMap(({ Labels }) => readSandboxLabels(Labels) ?? []), ...found];
  for (const part of leftovers) observed.set(part.id, { ...part, state: "broken" });
  for (const { Labels, State } of containers) {
    const labels = readSandboxLabels(Labels);
    if (labels !== undefined) observed.set(labels.id, { ...labels, state: stateOf(State) });
  }
  return [...observed.values()].filter((one) => id === undefined || one.id === id);
}

function stateOf(containerState: string): Present["state"] {
  switch (containerState) {
    case "created":
    case "restarting":
      return "starting";
    case "running":
      return "running";
    // A sandbox whose host was restarted sleeps too: its files are there and waking it is all that it needs.
    case "exited":
    case "paused":
      return "asleep";
    default:
      return "broken";
  }
}
