import path from "node:path";
import { parseConfig } from "../server/platform/config";
import { bundleAgent } from "./bundle";
import { ensureEngine } from "./engine";
import { ensureImages } from "./ensure-images";
import { ensureKubernetes } from "./kubernetes";
import { explain, stage } from "./progress";

const ROOT = path.resolve(import.meta.dirname, "..");

/** The images, into the engine that answers: what docker-compose.yml needs before it can be brought up. */
try {
  const { dataFolder } = parseConfig(process.env);
  await stage("agent", () => bundleAgent());
  const engine = await stage("engine", (report) => ensureEngine({ dataFolder, report }));
  await ensureImages({ root: ROOT, dataFolder, dockerHost: engine.dockerHost });
  await ensureKubernetes({ root: ROOT, dataFolder, dockerHost: engine.dockerHost });
  process.stdout.write(`\nThe images are in the engine at ${engine.dockerHost}\n`);
} catch (caught) {
  explain(caught);
  process.exitCode = 1;
}
