import { spawn } from "node:child_process";
import { access, readdir } from "node:fs/promises";
import path from "node:path";
import { parseConfig } from "../server/platform/config";
import { bundleAgent } from "./bundle";
import { bundleServer } from "./bundle-server";
import { ensureEngine } from "./engine";
import { ensureImages } from "./ensure-images";
import { ensureKubernetes } from "./kubernetes";
import { isOwnEngineRunning } from "./own-engine";
import { findProgram, installPackages } from "./packages";
import { buildPages } from "./pages";
import { explain, stage } from "./progress";
import { SetupProblem } from "./setup-problem";

const ROOT = path.resolve(import.meta.dirname, "..");
const FOLDER = path.join(ROOT, "tests/load");

/** Sets up everything that a benchmark may need, then runs `tests/load/<name>.ts`, whose last line is its result. */
async function bench(name: string, args: readonly string[]): Promise<number> {
  const file = path.join(FOLDER, `${name}.ts`);
  const names = (await readdir(FOLDER))
    .filter((entry) => entry.endsWith(".ts"))
    .map((entry) => entry.slice(0, -3));
  if (
    !(await access(file).then(
      () => true,
      () => false,
    ))
  ) {
    throw new SetupProblem(`There is no benchmark "${name}".`, `Benchmarks are: ${names.join(", ")}.`);
  }
  const { dataFolder } = parseConfig(process.env);
  await stage("agent", () => bundleAgent());
  const wasRunning = await isOwnEngineRunning(dataFolder);
  const engine = await stage("engine", (report) => ensureEngine({ dataFolder, report }));
  try {
    await ensureImages({ root: ROOT, dataFolder, dockerHost: engine.dockerHost });
    await ensureKubernetes({ root: ROOT, dataFolder, dockerHost: engine.dockerHost });
    await stage("pages", (report) => buildPages(ROOT, report));
    await bundleServer(ROOT);
    if ((await findProgram("chromium")) === undefined)
      await stage("browser", (report) => installPackages(["chromium"], report));
    return await run(file, args, engine.dockerHost);
  } finally {
    if (!wasRunning) await engine.stop();
  }
}

function run(file: string, args: readonly string[], dockerHost: string): Promise<number> {
  const loader = `file://${path.join(ROOT, "node_modules/tsx/dist/loader.mjs")}`;
  const child = spawn(process.execPath, ["--import", loader, file, ...args], {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, DOCKER_HOST: dockerHost },
  });
  return new Promise((resolve) => {
    child.on("exit", (code) => {
      resolve(code ?? 1);
    });
  });
}

try {
  const [name, ...args] = process.argv.slice(2);
  if (name === undefined) throw new SetupProblem("Which benchmark?", "npm run bench -- terminal");
  process.exitCode = await bench(name, args);
} catch (caught) {
  explain(caught);
  process.exitCode = 1;
}
