import type { Clock } from "../../../platform/clock";
import type { SandboxId } from "../../sandbox";
import type { DataVolumes, FoundVolume, VolumeMount } from "./data-volumes";
import { unlessRefused, type EngineApi } from "./engine-api";
import { labelFilter, readSandboxLabels, sandboxLabels } from "./labels";

/** The engine's own volumes: they work everywhere, and nothing bounds how much a sandbox puts into one. */
export class EngineVolumes implements DataVolumes {
  readonly enforcesQuota = false;
  readonly #engine: EngineApi;
  readonly #installationId: string;
  readonly #clock: Clock;

  constructor(engine: EngineApi, installationId: string, clock: Clock) {
    this.#engine = engine;
    this.#installationId = installationId;
    this.#clock = clock;
  }

  async ensure(id: SandboxId): Promise<VolumeMount> {
    const source = `slipway-${id}`;
    const Labels = sandboxLabels(this.#installationId, id, this.#clock.nowMs());
    // Creating a volume that exists answers with the one that exists.
    await this.#engine.call("create volume", (docker) => docker.createVolume({ Name: source, Labels }));
    return { type: "volume", source };
  }

  async remove(id: SandboxId): Promise<void> {
    for (const name of await this.#namesOf(id)) {
      await unlessRefused(
        [404],
        this.#engine.call("remove volume", (docker) => docker.getVolume(name).remove(), {
          timeoutMs: 60_000,
        }),
      );
    }
  }

  async list(): Promise<readonly FoundVolume[]> {
    const filters = labelFilter(this.#installationId);
    const { Volumes } = await this.#engine.call("list volumes", (docker) => docker.listVolumes({ filters }));
    return Volumes.flatMap(({ Labels }) => readSandboxLabels(Labels) ?? []);
  }

  readAvailableMiB(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async #namesOf(id: SandboxId): Promise<readonly string[]> {
    const filters = labelFilter(this.#installationId, id);
    const { Volumes } = await this.#engine.call("list volumes", (docker) => docker.listVolumes({ filters }));
    return Volumes.map(({ Name }) => Name);
  }
}
