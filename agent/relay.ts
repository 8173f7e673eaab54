import net from "node:net";
import type { AgentConfig } from "./agent-config";

/** Joins standard input and output to the agent that listens as `config` says; resolves when either side has ended. */
export function relayStandardStreams(config: AgentConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    const { port, socketPath } = config;
    const socket = net.connect(socketPath === undefined ? { host: "127.0.0.1", port } : { path: socketPath });
    socket.on("error", reject);
    socket.on("close", () => {
      resolve();
    });
    process.stdin.pipe(socket);
    socket.pipe(process.stdout);
  });
}
