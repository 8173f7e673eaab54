import { PassThrough } from "node:stream";
import { finished } from "node:stream/promises";
import type Docker from "dockerode";
import { DEFAULT_DOCKER_HOST } from "../../server/platform/docker-host";
import { dockerClient } from "../../setup/docker-client";

export interface ToolContainerOptions {
  readonly image: string;
  readonly name: string;
  readonly env?: readonly string[];
  readonly cmd?: readonly string[];
  readonly entrypoint?: readonly string[];
  /** A port to publish on the loopback of the engine's host. */
  readonly port?: number;
  /** More of the engine's own options; by default the container has no network. */
  readonly host?: Docker.HostConfig;
}

export interface ToolOutcome {
  readonly exitCode: number;
  /** Standard output, then standard error. */
  readonly output: string;
}

const SILENCE_MS_MAX = 120_000;

/** A container that a test makes on the outer engine and takes away again. */
export class ToolContainer {
  readonly #container: Docker.Container;
  private constructor(container: Docker.Container) {
    this.#container = container;
  }

  static async start(options: ToolContainerOptions): Promise<ToolContainer> {
    const { image, name, env, cmd, entrypoint, port, host } = options;
    const published = port !== undefined && {
      PortBindings: { [`${port}/tcp`]: [{ HostIp: "127.0.0.1", HostPort: "" }] },
    };
    const container = await client().createContainer({
      ...{ name, Image: image, HostConfig: { NetworkMode: "none", ...published, ...host } },
      ...(port !== undefined && { ExposedPorts: { [`${port}/tcp`]: {} } }),
      ...(env && { Env: [...env] }),
      ...(cmd && { Cmd: [...cmd] }),
      ...(entrypoint && { Entrypoint: [...entrypoint] }),
    });
    const made = new ToolContainer(container);
    try {
      await container.start();
    } catch (caught) {
      await made.remove();
      throw caught;
    }
    return made;
  }

  /** One that somebody else has made, or will have. */
  static of(name: string): ToolContainer {
    return new ToolContainer(client().getContainer(name));
  }

  /** Runs a command in it to its end. */
  async run(argv: readonly string[]): Promise<ToolOutcome> {
    const exec = await this.#container.exec({ Cmd: [...argv], AttachStdout: true, AttachStderr: true });
    const stream = await exec.start({});
    const output = await collect(stream);
    const { ExitCode } = await exec.inspect();
    return { exitCode: ExitCode ?? -1, output };
  }

  /** What it has said so far. */
  async readLog(): Promise<string> {
    return demultiplex(await this.#container.logs({ stdout: true, stderr: true }));
  }

  /** `127.0.0.1:<port>`, where the published port is to be reached now. */
  async readAddress(): Promise<string> {
    const { NetworkSettings } = await this.#container.inspect();
    const port = Object.values(NetworkSettings.Ports).flat()[0]?.HostPort;
    if (port === undefined) throw new Error("no port is published");
    return `127.0.0.1:${port}`;
  }

  async kill(): Promise<void> {
    await this.#container.kill();
  }

  async start(): Promise<void> {
    await this.#container.start();
  }

  async wait(): Promise<number> {
    return ((await this.#container.wait()) as { StatusCode: number }).StatusCode;
  }

  /** With its anonymous volumes. Idempotent. */
  async remove(): Promise<void> {
    await this.#container.remove({ force: true, v: true }).catch(() => undefined);
  }
}

/** Runs a container of `image` to its end, without a network, and takes it away. */
export async function runToolContainer(image: string, cmd: readonly string[]): Promise<ToolOutcome> {
  const container = await ToolContainer.start({
    image,
    name: `slipway-test-${crypto.randomUUID().slice(0, 12)}`,
    ...(cmd.length > 0 && { cmd }),
  });
  try {
    const exitCode = await container.wait();
    return { exitCode, output: await container.readLog() };
  } finally {
    await container.remove();
  }
}

function client(): Docker {
  return dockerClient(process.env["DOCKER_HOST"] ?? DEFAULT_DOCKER_HOST, SILENCE_MS_MAX);
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  const out = new PassThrough();
  const chunks: Buffer[] = [];
  out.on("data", (chunk: Buffer) => chunks.push(chunk));
  client().modem.demuxStream(stream, out, out);
  await finished(stream);
  return Buffer.concat(chunks).toString("utf8");
}

/** The engine's frames, one after the other: eight bytes of header, of which the last four are the length. */
function demultiplex(log: Buffer): string {
  let text = "";
  for (let at = 0; at + 8 <= log.length;) {
    const length = log.readUInt32BE(at + 4);
    text += log.toString("utf8", at + 8, at + 8 + length);
    at += 8 + length;
  }
  return text;
}
