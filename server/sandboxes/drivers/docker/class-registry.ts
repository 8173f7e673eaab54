import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import type Docker from "dockerode";
import { z } from "zod";
import { AppError } from "../../../platform/errors";
import { CLASS_REGISTRY, registryCredentialsOf, type ClassRegistry } from "../../class-registry";
import { ADDRESS_BLOCK } from "./connect-docker";
import { EngineApi, EngineRefusal, toDriverError, unlessRefused } from "./engine-api";
import { StdoutFrames } from "./exec-stream";
import { LABELS } from "./labels";
import { registrySubnet } from "./subnets";

export interface ClassRegistryOptions {
  readonly dockerHost: string;
  readonly certFolder?: string | undefined;
  /** The class registry's image. */
  readonly image: string;
  /** The block that sandboxes' networks are cut from. */
  readonly addressBlock?: string;
  /** What attendees may store, each. Defaults to the gateway's own. */
  readonly prefixBytesMax?: number | undefined;
  /** The registry to fetch from what is not here, while it answers; `none` for none. Defaults to Docker Hub. */
  readonly upstreamUrl?: string | undefined;
}

const MEMORY_BYTES_MAX = 512 * 1_024 * 1_024;
const PIDS_MAX = 256;
const SLOW_CALL = { timeoutMs: 30_000 };
/** Garbage of a full registry: Distribution reads every manifest and walks all blobs. */
const COLLECT_MS_MAX = 11 * 60_000;
const DOCKER_HUB = "https://registry-1.docker.io";
/** What the container was made from, so that another setting makes it anew. */
const SPEC_LABEL = "dev.slipway.spec";

/**
 * Makes the engine's class registry run, at the one address that every sandbox's firewall lets through and every sandbox calls
 * `registry`. One serves all installations on an engine, and it goes on when a server stops, as sandboxes do. Idempotent; a registry
 * of another image or with other settings is replaced.
 *
 * @throws AppError `driver.unreachable`
 */
export async function ensureClassRegistry(options: ClassRegistryOptions): Promise<ClassRegistry> {
  const engine = new EngineApi(options.dockerHost, options.certFolder);
  const subnet = registrySubnet(options.addressBlock ?? ADDRESS_BLOCK);
  try {
    const spec = registryContainer(options, subnet.host);
    if (!(await isServing(engine, options.image, spec))) {
      await ensureNetwork(engine, subnet);
      await replaceContainer(engine, spec);
    }
    const secret = await runInside(engine, ["secret"], SLOW_CALL.timeoutMs);
    return {
      credentialsOf: (prefix) => registryCredentialsOf(secret, prefix),
      listPrefixes: async () =>
        parseAnswer(z.array(z.string()), await runInside(engine, ["prefixes"], SLOW_CALL.timeoutMs)),
      collect: async (prefixes) =>
        z
          .enum(["collected", "nothing", "busy"])
          .parse(await runInside(engine, ["collect", ...prefixes], COLLECT_MS_MAX)),
    };
  } catch (caught) {
    throw toDriverError(caught, "driver.unreachable");
  }
}

function parseAnswer<T>(schema: z.ZodType<T>, answer: string): T {
  return schema.parse(JSON.parse(answer));
}

/** Runs one of the commands of `class-registry/main.ts` in the container and answers what it printed. */
async function runInside(engine: EngineApi, args: readonly string[], timeoutMs: number): Promise<string> {
  const what = `class registry: ${args[0] ?? ""}`;
  return engine.call(
    what,
    async (docker) => {
      const exec = await docker
        .getContainer(CLASS_REGISTRY.container)
        .exec({ Cmd: ["class-registry", ...args], AttachStdout: true, AttachStderr: true });
      const output = await text((await exec.start({})).pipe(new StdoutFrames()));
      const { ExitCode } = await exec.inspect();
      if (ExitCode !== 0)
        throw new AppError("driver.unreachable", `${what} ended with ${ExitCode ?? "nothing"}`);
      return output.trim();
    },
    { timeoutMs },
  );
}

async function replaceContainer(
  engine: EngineApi,
  spec: Docker.ContainerCreateOptions & { name: string },
): Promise<void> {
  await unlessRefused(
    [404],
    engine.call("remove class registry", (docker) =>
      docker.getContainer(CLASS_REGISTRY.container).remove({ force: true }),
    ),
  );
  // 409: another server is making it at this moment.
  await unlessRefused(
    [409],
    engine.call("create class registry", (docker) => docker.createContainer(spec), SLOW_CALL),
  );
  await unlessRefused(
    [304],
    engine.call(
      "start class registry",
      (docker) => docker.getContainer(CLASS_REGISTRY.container).start(),
      SLOW_CALL,
    ),
  );
}

async function isServing(
  engine: EngineApi,
  image: string,
  spec: Docker.ContainerCreateOptions,
): Promise<boolean> {
  const [container, wanted] = await Promise.all([
    unlessRefused(
      [404],
      engine.call("inspect class registry", (docker) =>
        docker.getContainer(CLASS_REGISTRY.container).inspect(),
      ),
    ),
    engine.call("inspect image", (docker) => docker.getImage(image).inspect()),
  ]);
  if (container === undefined || !container.State.Running || container.Image !== wanted.Id) return false;
  return container.Config.Labels[SPEC_LABEL] === spec.Labels?.[SPEC_LABEL];
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

function registryContainer(
  { image, prefixBytesMax, upstreamUrl = DOCKER_HUB }: ClassRegistryOptions,
  address: string,
): Docker.ContainerCreateOptions & { name: string } {
  const spec = {
    name: CLASS_REGISTRY.container,
    Image: image,
    Env: [
      ...(prefixBytesMax === undefined ? [] : [`PREFIX_BYTES_MAX=${prefixBytesMax}`]),
      `UPSTREAM_URL=${upstreamUrl === "none" ? "" : upstreamUrl}`,
    ],
    HostConfig: {
      NetworkMode: CLASS_REGISTRY.network,
      Mounts: [
        { Type: "volume" as const, Source: CLASS_REGISTRY.volume, Target: CLASS_REGISTRY.volumeTarget },
      ],
      ReadonlyRootfs: true,
      Tmpfs: { "/run": "mode=0700,size=1m" },
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Memory: MEMORY_BYTES_MAX,
      PidsLimit: PIDS_MAX,
      // Reaps what collections leave, and passes signals on.
      Init: true,
      RestartPolicy: { Name: "unless-stopped" },
      LogConfig: { Type: "json-file", Config: { "max-size": "2m", "max-file": "2" } },
      // It must never pass packets on between sandboxes.
      Sysctls: { "net.ipv4.ip_forward": "0" },
    },
    NetworkingConfig: {
      EndpointsConfig: { [CLASS_REGISTRY.network]: { IPAMConfig: { IPv4Address: address } } },
    },
  };
  const hash = createHash("sha256").update(JSON.stringify(spec)).digest("hex").slice(0, 16);
  return { ...spec, Labels: { [LABELS.role]: "class-registry", [SPEC_LABEL]: hash } };
}
