import { spawn } from "node:child_process";
import { createServer } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeDataFolder, removeDataFolder } from "../support/platform";

const ROOT = path.resolve(import.meta.dirname, "../..");

interface Ending {
  readonly exitCode: number | null;
  readonly output: string;
}

describe("npm start, where it cannot work", () => {
  let dataFolder: string;
  beforeAll(async () => {
    dataFolder = await makeDataFolder();
  });
  afterAll(() => removeDataFolder(dataFolder));

  /** What `npm start` runs once the dependencies are there. */
  function start(env: Record<string, string>): Promise<Ending> {
    const child = spawn(process.execPath, ["--import", "tsx", "setup/start.ts"], {
      cwd: ROOT,
      env: { ...process.env, SLIPWAY_DATA_DIR: dataFolder, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    return new Promise((resolve) => {
      child.once("close", (exitCode) => {
        resolve({ exitCode, output });
      });
    });
  }

  it("says that the port is taken, and how to take another", async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, "127.0.0.1", resolve));
    const address = squatter.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { exitCode, output } = await start({ PORT: String(port) });
    squatter.close();
    expect(exitCode).toBe(1);
    expect(output).toContain(`Port ${port} on 127.0.0.1 is taken`);
    expect(output).toContain(`PORT=${port + 1} npm start`);
    expect(output).not.toContain("    at ");
  });

  it("says that no engine answers where it was told to look, and what to do", async () => {
    const { exitCode, output } = await start({ PORT: "0", DOCKER_HOST: "unix:///nowhere/docker.sock" });
    expect(exitCode).toBe(1);
    expect(output).toContain("No Docker Engine answers at unix:///nowhere/docker.sock");
    expect(output).toContain("unset DOCKER_HOST");
    expect(output).not.toContain("    at ");
  });

  it("names every bad setting at once", async () => {
    const { exitCode, output } = await start({ PORT: "many", SANDBOX_MEMORY_MIB: "12" });
    expect(exitCode).toBe(1);
    expect(output).toContain("PORT");
    expect(output).toContain("SANDBOX_MEMORY_MIB");
    expect(output).toContain(".env.example");
  });
});
