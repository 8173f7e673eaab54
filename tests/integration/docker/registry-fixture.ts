import { randomUUID } from "node:crypto";
import { systemClock } from "../../../server/platform/clock";
import { DEFAULT_DOCKER_HOST } from "../../../server/platform/docker-host";
import { waitUntil } from "../../../server/platform/wait-until";
import {
  CLASS_REGISTRY,
  registryCredentialsOf,
  type RegistryCredentials,
} from "../../../server/sandboxes/class-registry";
import { followEvents } from "../../../setup/build-image";
import { dockerClient } from "../../../setup/docker-client";
import { ToolContainer } from "../../support/tool-container";

const IMAGE = "slipway/class-registry:current";
const START_MS_MAX = 60_000;

/** A class registry of a test's own: its network, its volume, its containers, all taken away at the end. */
export class RegistryFixture {
  readonly name = `slipway-test-registry-${randomUUID().slice(0, 8)}`;
  readonly docker = dockerClient(process.env["DOCKER_HOST"] ?? DEFAULT_DOCKER_HOST, 120_000);
  readonly #containers: ToolContainer[] = [];
  readonly #tags: string[] = [];

  async open(): Promise<void> {
    await this.docker.createNetwork({ Name: this.name, Driver: "bridge" });
    await this.docker.createVolume({ Name: this.name });
  }

  /** A container on the fixture's network, under `alias`. */
  async start(
    alias: string,
    options: {
      image: string;
      env?: string[];
      entrypoint?: string[];
      cmd?: string[];
      port?: number;
      hasVolume?: boolean;
    },
  ): Promise<ToolContainer> {
    const { hasVolume = false, ...rest } = options;
    const mounts = [{ Type: "volume" as const, Source: this.name, Target: CLASS_REGISTRY.volumeTarget }];
    const container = await ToolContainer.start({
      ...rest,
      name: `${this.name}-${alias}`,
      host: { NetworkMode: this.name, ...(hasVolume && { Mounts: mounts }) },
    });
    this.#containers.push(container);
    return container;
  }

  async startGateway(env: readonly string[]): Promise<ToolContainer> {
    const quick = ["QUIET_MS=0", "DISK_RESERVE_BYTES=0", ...env];
    const gateway = await this.start("gateway", {
      ...{ image: IMAGE, env: quick, port: CLASS_REGISTRY.port, hasVolume: true },
    });
    await this.untilAnswering(gateway);
    return gateway;
  }

  /** As setup does: past the gateway. */
  async fill(images: Readonly<Record<string, string>>): Promise<void> {
    const writer = await this.start("writer", {
      image: IMAGE,
      entrypoint: ["flock", "--shared", CLASS_REGISTRY.lockFile, "docker-registry", "serve"],
      cmd: ["/etc/docker/registry/push.yml"],
      port: CLASS_REGISTRY.port,
      hasVolume: true,
    });
    await this.untilAnswering(writer);
    const address = await writer.readAddress();
    for (const [name, image] of Object.entries(images)) await this.push(image, `${address}/${name}`);
    await writer.remove();
  }

  /** Pushes with the engine's own client code; answers what it said about each layer. */
  async push(image: string, name: string, credentials?: RegistryCredentials): Promise<readonly string[]> {
    const at = name.lastIndexOf(":");
    await this.docker.getImage(image).tag({ repo: name.slice(0, at), tag: name.slice(at + 1) });
    this.#tags.push(name);
    const authconfig = {
      username: credentials?.prefix ?? "",
      password: credentials?.password ?? "",
      serveraddress: name.split("/", 1)[0] ?? "",
    };
    const statuses: string[] = [];
    const stream = await this.docker.getImage(name).push({ authconfig });
    await followEvents(this.docker, stream, ({ status }) => statuses.push(String(status)));
    return statuses;
  }

  async pull(name: string): Promise<void> {
    const stream = await this.docker.pull(name);
    this.#tags.push(name);
    await followEvents(this.docker, stream, () => undefined);
  }

  /** An image of this test: `base` and one more layer, of bytes that do not compress. */
  async makeImage(base: string, mebibytes: number): Promise<string> {
    const name = `${this.name}-image:${randomUUID().slice(0, 8)}`;
    const make = `dd if=/dev/urandom of=/bulk bs=1048576 count=${mebibytes}`;
    const container = await this.docker.createContainer({
      Image: base,
      Entrypoint: ["sh", "-c", make],
      HostConfig: { NetworkMode: "none" },
    });
    try {
      await container.start();
      await container.wait();
      const [repo, tag] = name.split(":");
      await container.commit({ repo, tag });
    } finally {
      await container.remove({ force: true, v: true });
    }
    this.#tags.push(name);
    return name;
  }

  async credentialsOf(gateway: ToolContainer, prefix: string): Promise<RegistryCredentials> {
    const { output } = await gateway.run(["class-registry", "secret"]);
    return registryCredentialsOf(output.trim(), prefix);
  }

  async untilAnswering(container: ToolContainer): Promise<void> {
    const isUp = async (): Promise<boolean> => {
      const url = `http://${await container.readAddress()}/v2/library/none/tags/list`;
      const { status } = await fetch(url, { signal: AbortSignal.timeout(5_000) });
      return status === 404;
    };
    await waitUntil("the registry answers", isUp, { timeoutMs: START_MS_MAX, clock: systemClock });
  }

  async close(): Promise<void> {
    for (const container of this.#containers) await container.remove();
    for (const name of [...this.#tags, ...(await this.#digestsLeft())]) {
      await this.docker
        .getImage(name)
        .remove({ force: true })
        .catch(() => undefined);
    }
    await this.docker.getVolume(this.name).remove();
    await this.docker.getNetwork(this.name).remove();
  }

  /** The engine keeps what a tag named before it was pushed anew, by its digest in that registry. */
  async #digestsLeft(): Promise<readonly string[]> {
    const registries = new Set(
      this.#tags.filter((tag) => tag.includes("/")).map((tag) => tag.split("/", 1)[0]),
    );
    const images = await this.docker.listImages({ all: true });
    return images
      .flatMap(({ RepoDigests }) => RepoDigests ?? [])
      .filter((digest) => registries.has(digest.split("/", 1)[0]));
  }
}
