import { unlessRefused, type EngineApi } from "./engine-api";
import { roleLabels } from "./labels";

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

const COPY_MS_MAX = 5 * 60_000;

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
  const container = await engine.call("create volume helper", (docker) =>
    docker.createContainer({
      ...(name === undefined ? {} : { name }),
      Image: image,
      Entrypoint: ["/bin/bash", "-euc", script],
      Labels: roleLabels(installationId, "volume-helper"),
      // Without it a copy loses what the inner engine's layers say in `trusted.overlay.*`: which folder hides the one below.
      HostConfig: { NetworkMode: "none", Binds: [...binds], CapAdd: ["SYS_ADMIN"] },
    }),
  );
  try {
    await engine.call("start volume helper", () => container.start());
    const ended = (await engine.call("volume helper", () => container.wait(), {
      timeoutMs: COPY_MS_MAX,
    })) as {
      StatusCode: number;
    };
    if (ended.StatusCode === 0) return;
    const said = await engine.call("volume helper's words", () =>
      container.logs({ stdout: true, stderr: true }),
    );
    throw new Error(`volume helper: ${said.toString("utf8").slice(-500)}`);
  } finally {
    await unlessRefused(
      [404, 409],
      engine.call("remove volume helper", () => container.remove({ force: true })),
    );
  }
}
