import { spawn } from "node:child_process";
import path from "node:path";
import { makeDataFolder, removeDataFolder } from "../../support/platform";

const ROOT = path.resolve(import.meta.dirname, "../../..");

/** From the command to the banner, on a data folder that was started once before. */
export async function measureSecondStart(): Promise<number> {
  const dataFolder = await makeDataFolder();
  try {
    await npmStart(dataFolder);
    return await npmStart(dataFolder);
  } finally {
    await removeDataFolder(dataFolder);
  }
}

async function npmStart(dataFolder: string): Promise<number> {
  const startedAtMs = performance.now();
  const env = { ...process.env, PORT: "3987", SLIPWAY_DATA_DIR: dataFolder };
  const child = spawn("npm", ["start"], {
    cwd: ROOT,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  const readyMs = await new Promise<number>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("Ctrl-C stops it")) resolve(performance.now() - startedAtMs);
    });
    child.once("exit", () => {
      reject(new Error(`npm start ended early:\n${output}`));
    });
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  if (child.pid !== undefined) process.kill(-child.pid, "SIGINT");
  await exited;
  return readyMs;
}
