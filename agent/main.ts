import { parseArgs } from "node:util";
import { findAccount } from "./account";
import { readAgentConfig } from "./agent-config";
import { AgentServer } from "./agent-server";
import { AttendeeBinding } from "./binding";
import { ClusterHealth } from "./cluster-health";
import { readMachineStart } from "./machine-start";
import { keepPodMemoryBounded } from "./pod-memory";
import { relayStandardStreams } from "./relay";
import { ReadingThread } from "./terminals/reading-thread";
import { createOpenShell } from "./terminals/shell";
import { Terminals } from "./terminals/terminals";

/** Told by `GET /v1/health`; rises when the protocol between server and agent changes. */
const VERSION = "1";
const CONFIG_FILE = "/etc/slipway/agent.json";
const SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const { values: options } = parseArgs({
  options: { config: { type: "string", default: CONFIG_FILE }, relay: { type: "boolean", default: false } },
});
const config = await readAgentConfig(options.config);

if (options.relay) {
  await relayStandardStreams(config);
  process.exit(0);
}

// The attendee's shells live in this process: it must not end for one broken stream.
process.on("uncaughtException", (error) => {
  logError("agent.broken", error);
});
const account = await findAccount(config);
const searchPath = process.env["PATH"] ?? SEARCH_PATH;
const readingThread = new ReadingThread(new URL("./reading-thread.mjs", import.meta.url));
const binding = new AttendeeBinding({ account, searchPath, configFile: options.config });
// A machine without its attendee's name is better than none.
await binding.restore().catch((error: unknown) => {
  logError("binding.not-restored", error);
});
const server = new AgentServer({
  ...{ config, account, searchPath, version: VERSION, binding },
  terminals: new Terminals(createOpenShell({ account, searchPath, readingThread })),
  clusterHealth: new ClusterHealth({
    profile: config.profile,
    home: account.home,
    machineStartedAtMs: await readMachineStart(),
  }),
});
await server.listen();
if (config.profile !== "docker") keepPodMemoryBounded();
process.stdout.write(`${JSON.stringify({ level: "info", event: "agent.started" })}\n`);

const stop = (): void => {
  void server.close().finally(() => process.exit(0));
};
process.on("SIGTERM", stop);
process.on("SIGINT", stop);

function logError(event: string, error: unknown): void {
  const text = error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${JSON.stringify({ level: "error", event, error: text })}\n`);
}
