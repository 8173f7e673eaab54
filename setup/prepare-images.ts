import path from "node:path";
import { parseConfig } from "../server/platform/config";
import { bundleAgent } from "./bundle";
import { ensureEngine } from "./engine";
import { ensureImages } from "./ensure-images";
import { interruptible } from "./interruption";
import { ensureKubernetes } from "./kubernetes";
import { isOwnEngineRunning, stopOwnEngine } from "./own-engine";
import { runProgram, stage } from "./progress";

const ROOT = path.resolve(import.meta.dirname, "..");

/** The images, into the engine that answers: what docker-compose.yml needs before it can be brought up. */
await runProgram(async () => {
  const { dataFolder } = parseConfig(process.env);
  const wasRunning = await isOwnEngineRunning(dataFolder);
  try {
    await interruptible(async () => {
      await stage("agent", () => bundleAgent());
      const { dockerHost } = await stage("engine", (report) => ensureEngine({ dataFolder, report }));
      await ensureImages({ root: ROOT, dataFolder, dockerHost });
      await ensureKubernetes({ root: ROOT, dataFolder, dockerHost });
      process.stdout.write(`\nThe images are in the engine at ${dockerHost}\n`);
    });
  } catch (caught) {
    if (!wasRunning) await stopOwnEngine(dataFolder);
    throw caught;
  }
  return 0;
});
