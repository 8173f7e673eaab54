import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { systemClock } from "../../../server/platform/clock";
import { agentToken } from "../../../server/sandboxes/agent-token";
import { ProcessSandboxDriver } from "../../../server/sandboxes/drivers/process/process-sandbox-driver";
import { bundleAgent } from "../../../setup/bundle";
import { describeSandboxDriverContract } from "../../contracts/sandbox-driver.contract";

const folder = await mkdtemp(path.join(os.tmpdir(), "slipway-process-driver-"));
const agentFolder = await bundleAgent();
const options = {
  folder,
  mode: "test" as const,
  agentCommand: [process.execPath, path.join(agentFolder, "agent.mjs")] as const,
  tokenOf: (id: Parameters<typeof agentToken>[1]) => agentToken("process-driver-contract", id),
  startTimeoutMs: 15_000,
  clock: systemClock,
};

afterAll(() => rm(folder, { recursive: true, force: true }));

describeSandboxDriverContract({
  driverName: "process",
  connect: async (installationId) => new ProcessSandboxDriver({ ...options, installationId }),
  tokenOf: options.tokenOf,
});

it("refuses to exist in production", () => {
  expect(() => new ProcessSandboxDriver({ ...options, mode: "production", installationId: "x" })).toThrow(
    "not in production",
  );
});
