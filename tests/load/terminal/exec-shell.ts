import type Docker from "dockerode";
import type { ShellStream } from "./shell-stream";

/** An exec stream of the engine's API: what a terminal without an agent would be made of. */
export async function openExecShell(container: Docker.Container): Promise<ShellStream> {
  const exec = await container.exec({
    Cmd: ["/bin/bash", "-l"],
    User: "attendee",
    WorkingDir: "/home/attendee",
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
