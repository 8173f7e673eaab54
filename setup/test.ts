import { readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { parseConfig } from "../server/platform/config";
import { bundleAgent } from "./bundle";
import { bundleServer } from "./bundle-server";
import { withEngine, type Engine } from "./engine";
import { ensureImages } from "./ensure-images";
import { interruptible } from "./interruption";
import { ensureKubernetes } from "./kubernetes";
import { findProgram, installPackages } from "./packages";
import { buildPages } from "./pages";
import { explain, runProgram, stage } from "./progress";
import { runHere } from "./run-command";
import { SetupProblem } from "./setup-problem";

const ROOT = path.resolve(import.meta.dirname, "..");
const TIERS = ["check", "unit", "integration", "faults", "labs", "e2e"] as const;
type Tier = (typeof TIERS)[number];
/** Tiers that need a Docker Engine and the images. */
const DOCKER_TIERS: readonly Tier[] = ["integration", "faults", "labs", "e2e"];
/** What `check` runs, as the package's scripts of the same names. */
const CHECKS = ["format:check", "lint", "types", "deps"];

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

async function test(tiers: readonly Tier[]): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  await interruptible(async () => {
    await stage("agent", () => bundleAgent());
    if (tiers.includes("check")) for (const name of CHECKS) await countCheck(name, tally);
    if (tiers.includes("unit")) await countVitest("unit", {}, tally);
  });
  const dockerTiers = DOCKER_TIERS.filter((tier) => tiers.includes(tier));
  if (dockerTiers.length === 0) return tally;
  const { dataFolder } = parseConfig(process.env);
  let hasEngine = false;
  await withEngine(dataFolder, async (engine) => {
    hasEngine = true;
    await runDockerTiers(dockerTiers, engine, tally);
  }).catch((caught: unknown) => {
    if (hasEngine) throw caught;
    skipWithoutEngine(caught, tally, dockerTiers);
  });
  return tally;
}

async function runDockerTiers(tiers: readonly Tier[], engine: Engine, tally: Tally): Promise<void> {
  const { dataFolder } = parseConfig(process.env);
  const env = { DOCKER_HOST: engine.dockerHost, REQUIRE_DOCKER: "1" };
  await ensureImages({ root: ROOT, dataFolder, dockerHost: engine.dockerHost });
  await ensureKubernetes({ root: ROOT, dataFolder, dockerHost: engine.dockerHost });
  if (tiers.includes("integration")) await countVitest("integration", env, tally);
  if (tiers.includes("faults") || tiers.includes("e2e"))
    await stage("pages", (report) => buildPages(ROOT, report));
  if (tiers.includes("faults")) await countVitest("faults", env, tally);
  if (tiers.includes("labs")) await countVitest("labs", env, tally);
  if (!tiers.includes("e2e")) return;
  await bundleServer(ROOT);
  await stage("browser", async (report) => {
    if ((await findProgram("chromium")) === undefined) await installPackages(["chromium"], report);
  });
  await countPlaywright(env, tally);
}

/** Counts the tiers as skipped where no engine can be had and nobody insists on one. */
function skipWithoutEngine(caught: unknown, tally: Tally, tiers: readonly Tier[]): void {
  const isRequired = process.env["CI"] !== undefined || process.env["REQUIRE_DOCKER"] === "1";
  if (isRequired || !(caught instanceof SetupProblem)) throw caught;
  explain(caught);
  process.stderr.write(`\nSKIPPED for want of a Docker Engine: ${tiers.join(", ")}\n\n`);
  tally.skipped += tiers.length;
}

async function countCheck(script: string, tally: Tally): Promise<void> {
  const code = await stage(script, () => runHere(["npm", "run", "--silent", script], { cwd: ROOT, env: {} }));
  if (code === 0) tally.passed += 1;
  else tally.failed += 1;
}

async function countVitest(project: string, env: Record<string, string>, tally: Tally): Promise<void> {
  const output = path.join(os.tmpdir(), `slipway-${project}-${process.pid}.json`);
  const vitest = path.join(ROOT, "node_modules/vitest/vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${output}`];
  const code = await stage(project, () =>
    runHere([process.execPath, vitest, "run", "--project", project, "--passWithNoTests", ...reporters], {
      cwd: ROOT,
      env,
    }),
  );
  const report = JSON.parse(await readFile(output, "utf8").catch(() => "{}")) as Record<string, number>;
  await rm(output, { force: true });
  const failed = report["numFailedTests"] ?? 0;
  tally.passed += report["numPassedTests"] ?? 0;
  tally.skipped += report["numPendingTests"] ?? 0;
  // A suite that breaks before its first test has failed although no test did.
  tally.failed += code === 0 ? failed : Math.max(failed, 1);
}

async function countPlaywright(env: Record<string, string>, tally: Tally): Promise<void> {
  const output = path.join(os.tmpdir(), `slipway-e2e-${process.pid}.json`);
  const cli = path.join(ROOT, "node_modules/@playwright/test/cli.js");
  const code = await stage("e2e", () =>
    runHere([process.execPath, cli, "test", "--reporter=list,json"], {
      cwd: ROOT,
      env: { ...env, PLAYWRIGHT_JSON_OUTPUT_NAME: output },
    }),
  );
  const report = JSON.parse(await readFile(output, "utf8").catch(() => "{}")) as {
    stats?: Record<string, number>;
  };
  await rm(output, { force: true });
  const failed = report.stats?.["unexpected"] ?? 0;
  tally.passed += (report.stats?.["expected"] ?? 0) + (report.stats?.["flaky"] ?? 0);
  tally.skipped += report.stats?.["skipped"] ?? 0;
  tally.failed += code === 0 ? failed : Math.max(failed, 1);
}

function readTiers(): readonly Tier[] {
  const { values } = parseArgs({ options: { only: { type: "string" } } });
  if (values.only === undefined) return TIERS;
  const wanted = values.only.split(",");
  const unknown = wanted.filter((tier) => !(TIERS as readonly string[]).includes(tier));
  if (unknown.length > 0)
    throw new SetupProblem(`There is no tier ${unknown.join(", ")}.`, `Tiers are: ${TIERS.join(", ")}.`);
  return TIERS.filter((tier) => wanted.includes(tier));
}

await runProgram(async () => {
  const tally = await test(readTiers());
  process.stdout.write(`\n${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped\n`);
  return tally.failed === 0 && tally.passed > 0 ? 0 : 1;
});
