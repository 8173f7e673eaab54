import { rm } from "node:fs/promises";
import path from "node:path";
import { systemClock } from "../server/platform/clock";
import { parseConfig } from "../server/platform/config";
import { createLogger } from "../server/platform/logger";
import { loadSecrets } from "../server/platform/secrets";
import { startEmbeddedPostgres } from "../server/platform/database/embedded-postgres";
import { purgeDocker } from "../server/sandboxes/drivers/docker/purge-docker";
import { ensureEngine } from "./engine";
import { runProgram, stage } from "./progress";
import { SetupProblem } from "./setup-problem";

/** Takes this installation off the machine: sandboxes, their volumes, the database. Images and caches stay. */
async function purge(): Promise<void> {
  const config = parseConfig(process.env);
  const { dataFolder } = config;
  if (!process.argv.includes("--yes")) {
    throw new SetupProblem(
      `This destroys every sandbox, account and attempt of the installation in ${dataFolder}.`,
      "If that is what you want: npm run purge -- --yes",
    );
  }
  const { installationId } = await loadSecrets(dataFolder, config.sessionSecret);
  const engine = await stage("engine", (report) => ensureEngine({ dataFolder, report }));
  try {
    await stage("sandboxes", async (report) => {
      const log = createLogger({ level: "warn", format: "pretty" });
      const { image } = config.sandbox;
      const options = {
        dockerHost: engine.dockerHost,
        installationId,
        image,
        dataFolder: config.sandbox.volumesFolder,
        startTimeoutMs: 60_000,
        log,
      };
      const count = await purgeDocker({ ...options, tokenOf: () => "", clock: systemClock });
      report(`${count} destroyed`);
    });
  } finally {
    await engine.stop();
  }
  await stage("database", async () => {
    // Started to be stopped: a server that a killed platform left running would write into the folder while it goes.
    const postgres = await startEmbeddedPostgres({
      folder: path.join(dataFolder, "postgres"),
      database: "slipway",
      timeoutMs: 30_000,
    });
    await postgres.stop();
    await rm(path.join(dataFolder, "postgres"), { recursive: true, force: true });
    await rm(path.join(dataFolder, "installation.json"), { force: true });
  });
}

await runProgram(async () => {
  await purge();
  return 0;
});
