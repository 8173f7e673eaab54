import Docker from "dockerode";
import type { ShellStream } from "./shell-stream";
import { measureBulk, measureEchoes } from "./shell-stream";

export interface ExecFigures {
  readonly echoP50Ms: number;
  readonly echoP99Ms: number;
  readonly catMBps: number;
}

/** The same keys and the same amount of bytes through an exec stream of the engine's API; null without an engine or an image. */
export async function measureExec(options: {
  readonly keys: number;
  readonly fileBytes: number;
}): Promise<ExecFigures | null> {
  const docker = createDocker();
  const image = await findImage(docker);
  if (image === undefined) return null;
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: ["/bin/sleep"],
    Cmd: ["infinity"],
    HostConfig: { NetworkMode: "none" },
  });
  try {
    await container.start();
    const bulk = await openExecShell(container);
    const { fileBytes } = options;
    const line = "2026-05-04T09:00:00Z web-1 GET /visits 200 12ms count=12345";
    const lines = Math.floor(fileBytes / (line.length + 2));
    const cat = await measureBulk(bulk, `yes '${line}' | head -n ${lines}`, lines * (line.length + 2));
    bulk.close();
    const keys = await openExecShell(container);
    const echoes = await measureEchoes(keys, options.keys);
    keys.close();
    return {
      echoP50Ms: echoes[Math.floor(options.keys * 0.5)] ?? Number.NaN,
      echoP99Ms: echoes[Math.floor(options.keys * 0.99)] ?? Number.NaN,
      catMBps: cat.megabytesPerSecond,
    };
  } finally {
    await container.remove({ force: true });
  }
}

function createDocker(): Docker {
  const host = process.env["DOCKER_HOST"];
  return host?.startsWith("unix://") === true ? new Docker({ socketPath: host.slice(7) }) : new Docker();
}

async function findImage(docker: Docker): Promise<string | undefined> {
  const wanted = process.env["SANDBOX_IMAGE"] ?? "slipway/sandbox:current";
  try {
    await docker.getImage(wanted).inspect();
    return wanted;
  } catch {
    return undefined;
  }
}

async function openExecShell(container: Docker.Container): Promise<ShellStream> {
  const exec = await container.exec({
    Cmd: ["/bin/bash"],
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: true,
  });
  const stream = await exec.start({ hijack: true, stdin: true, Tty: true });
  let listener: (bytes: Buffer) => void = () => undefined;
  stream.on("data", (bytes: Buffer) => {
    listener(bytes);
  });
  return {
    type: (text) => {
      stream.write(text);
    },
    onOutput: (next) => (listener = next),
    close: () => {
      stream.destroy();
    },
  };
}
