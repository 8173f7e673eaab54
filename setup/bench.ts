import { access, readdir } from "node:fs/promises";
import path from "node:path";
import { parseConfig } from "../server/platform/config";
import { bundleAgent } from "./bundle";
import { bundleServer } from "./bundle-server";
import { withEngine } from "./engine";
import { ensureImages } from "./ensure-images";
import { ensureKubernetes } from "./kubernetes";
import { findProgram, installPackages } from "./packages";
import { buildPages } from "./pages";
import { runProgram, stage } from "./progress";
import { runHere } from "./run-command";
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
  return withEngine(dataFolder, async ({ dockerHost }) => {
    await ensureImages({ root: ROOT, dataFolder, dockerHost });
    await ensureKubernetes({ root: ROOT, dataFolder, dockerHost });
    await stage("pages", (report) => buildPages(ROOT, report));
    await bundleServer(ROOT);
    if ((await findProgram("chromium")) === undefined)
      await stage("browser", (report) => installPackages(["chromium"], report));
    const loader = `file://${path.join(ROOT, "node_modules/tsx/dist/loader.mjs")}`;
    const command = [process.execPath, "--import", loader, file, ...args] as const;
    return runHere([...command], { cwd: ROOT, env: { DOCKER_HOST: dockerHost } });
  });
}

await runProgram(async () => {
  const [name, ...args] = process.argv.slice(2);
  if (name === undefined) throw new SetupProblem("Which benchmark?", "npm run bench -- terminal");
  return bench(name, args);
});
