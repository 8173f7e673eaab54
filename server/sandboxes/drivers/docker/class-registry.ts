import type Docker from "dockerode";
import { CLASS_REGISTRY } from "../../class-registry";
import { ADDRESS_BLOCK } from "./connect-docker";
import { EngineApi, EngineRefusal, toDriverError, unlessRefused } from "./engine-api";
import { LABELS } from "./labels";
import { registrySubnet } from "./subnets";

export interface ClassRegistryOptions {
  readonly dockerHost: string;
  readonly certFolder?: string | undefined;
  /** The class registry's image. */
  readonly image: string;
  /** The block that sandboxes' networks are cut from. */
  readonly addressBlock?: string;
}

const MEMORY_BYTES_MAX = 512 * 1_024 * 1_024;
const SLOW_CALL = { timeoutMs: 30_000 };

/**
 * Makes the engine's class registry run, at the one address that every sandbox's firewall lets through and every sandbox calls
 * `registry`. One serves all installations on an engine, and it goes on when a server stops, as sandboxes do. Idempotent; a registry
 * of another image is replaced.
 *
 * @throws AppError `driver.unreachable`
 */
export async function ensureClassRegistry(options: ClassRegistryOptions): Promise<void> {
  const engine = new EngineApi(options.dockerHost, options.certFolder);
  const subnet = registrySubnet(options.addressBlock ?? ADDRESS_BLOCK);
  try {
    if (await isServing(engine, options.image)) return;
    await ensureNetwork(engine, subnet);
    await unlessRefused(
      [404],
      engine.call("remove class registry", (docker) =>
        docker.getContainer(CLASS_REGISTRY.container).remove({ force: true }),
      ),
    );
    // 409: another server is making it at this moment.
    await unlessRefused(
      [409],
      engine.call(
        "create class registry",
        (docker) => docker.createContainer(registryContainer(options.image, subnet.host)),
        SLOW_CALL,
      ),
    );
    await unlessRefused(
      [304],
      engine.call(
        "start class registry",
        (docker) => docker.getContainer(CLASS_REGISTRY.container).start(),
        SLOW_CALL,
      ),
    );
  } catch (caught) {
    throw toDriverError(caught, "driver.unreachable");
  }
}

async function isServing(engine: EngineApi, image: string): Promise<boolean> {
  const [container, wanted] = await Promise.all([
    unlessRefused(
      [404],
      engine.call("inspect class registry", (docker) =>
        docker.getContainer(CLASS_REGISTRY.container).inspect(),
      ),
    ),
    engine.call("inspect image", (docker) => docker.getImage(image).inspect()),
  ]);
  return container !== undefined && container.State.Running && container.Image === wanted.Id;
}

async function ensureNetwork(engine: EngineApi, subnet: { cidr: string; gateway: string }): Promise<void> {
  const create = engine.call(
    "create class registry's network",
    (docker) =>
      docker.createNetwork({
        Name: CLASS_REGISTRY.network,
        CheckDuplicate: true,
        Driver: "bridge",
        EnableIPv6: false,
        Labels: { [LABELS.role]: "class-registry" },
        IPAM: { Driver: "default", Config: [{ Subnet: subnet.cidr, Gateway: subnet.gateway }] },
        Options: { "com.docker.network.bridge.name": CLASS_REGISTRY.bridge },
      }),
    SLOW_CALL,
  );
  try {
    await create;
  } catch (caught) {
    if (!(caught instanceof EngineRefusal) || caught.statusCode !== 409) throw caught;
  }
}

function registryContainer(image: string, address: string): Docker.ContainerCreateOptions & { name: string } {
  return {
    name: CLASS_REGISTRY.container,
    Image: image,
    Labels: { [LABELS.role]: "class-registry" },
    HostConfig: {
      NetworkMode: CLASS_REGISTRY.network,
      Mounts: [
        {
          Type: "volume",
          Source: CLASS_REGISTRY.volume,
          Target: CLASS_REGISTRY.volumeTarget,
          ReadOnly: true,
        },
      ],
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Memory: MEMORY_BYTES_MAX,
      RestartPolicy: { Name: "unless-stopped" },
      LogConfig: { Type: "json-file", Config: { "max-size": "2m", "max-file": "2" } },
      // It must never pass packets on between sandboxes.
      Sysctls: { "net.ipv4.ip_forward": "0" },
    },
    NetworkingConfig: {
      EndpointsConfig: { [CLASS_REGISTRY.network]: { IPAMConfig: { IPv4Address: address } } },
    },
  };
}
