import { unlessRefused, type EngineApi } from "./engine-api";
import { HELPER_MS_MAX, runHelper } from "./helper-container";

export interface VolumeWork {
  readonly engine: EngineApi;
  readonly installationId: string;
  /** The sandbox image, for its shell. */
  readonly image: string;
  /** `volume:/folder[:ro]`. */
  readonly binds: readonly string[];
  readonly script: string;
  /** Two of one name never work at the same time: the older one is ended. */
  readonly name?: string;
}

/**
 * Works on volumes of an engine whose disk this server cannot reach, in a short-lived container without network.
 *
 * @throws Error with what the script said when it fails
 */
export async function workOnVolumes({
  engine,
  installationId,
  image,
  binds,
  script,
  name,
}: VolumeWork): Promise<void> {
  if (name !== undefined)
    await unlessRefused(
      [404],
      engine.call("end volume helper", (docker) => docker.getContainer(name).remove({ force: true })),
    );
  const { exitCode, said } = await runHelper({
    ...{ engine, installationId, role: "volume-helper", timeoutMs: HELPER_MS_MAX },
    container: {
      ...(name === undefined ? {} : { name }),
      Image: image,
      Entrypoint: ["/bin/bash", "-euc", script],
      // Without it a copy loses what the inner engine's layers say in `trusted.overlay.*`: which folder hides the one below.
      HostConfig: { NetworkMode: "none", Binds: [...binds], CapAdd: ["SYS_ADMIN"] },
    },
  });
  if (exitCode !== 0) throw new Error(`volume helper: ${said.slice(-500)}`);
}
