import { access } from "node:fs/promises";
import path from "node:path";
import { bundleAgent } from "../../setup/bundle";

/** Tests of drivers run the agent as users do: bundled. Made anew, so that a test never judges yesterday's agent. */
export default async function setup(): Promise<void> {
  await bundleAgent();
  await access(path.resolve(import.meta.dirname, "../../dist/agent/agent.mjs"));
}
