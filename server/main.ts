import path from "node:path";
import next from "next";
import { createServer, type Server } from "node:http";
import { parseConfig, type Config } from "./platform/config";
import { applyMigrations } from "./platform/database/migrate";
import { startEmbeddedPostgres } from "./platform/database/embedded-postgres";
import { createFrontDoor } from "./platform/front-door";
import { Lifetime } from "./platform/lifetime";
import { createLogger, type Logger } from "./platform/logger";
import { loadSecrets } from "./platform/secrets";
import { describeStart } from "./start-banner";
import { wire } from "./wiring";

/** The checkout, or the image's folder: content, migrations and built pages are under it. */
const ROOT = process.cwd();
/** Orderly shutdown is given up after this, with a non-zero exit code. */
const STOP_DEADLINE_MS = 20_000;
const POSTGRES_START_MS = 30_000;

async function main(): Promise<void> {
  const config = parseConfig(process.env);
  const log = createLogger(config.log);
  const lifetime = new Lifetime({ log, deadlineMs: STOP_DEADLINE_MS });
  process.on("unhandledRejection", (error) => {
    log.error("internal.unhandled-rejection", { error });
  });
  const stopped = lifetime.untilSignal(["SIGINT", "SIGTERM"]);
  try {
    await start(config, log, lifetime);
    await stopped;
  } catch (error) {
    log.error("platform.start-failed", { error });
    process.stderr.write(
      `\nSlipway did not start: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exitCode = 1;
  }
  const isClean = await lifetime.stop();
  process.exit(isClean ? (process.exitCode ?? 0) : 1);
}

/** Returns early, with what it has started in `lifetime`, when it is told to end meanwhile. */
async function start(config: Config, log: Logger, lifetime: Lifetime): Promise<void> {
  const databaseUrl = config.database.url?.reveal() ?? (await startOwnPostgres(config, log, lifetime));
  if (lifetime.hasBeenSignalled()) return;
  const applied = await applyMigrations(databaseUrl, path.join(ROOT, "prisma/migrations"));
  log.info("database.migrated", { migrationCount: applied.length });
  if (lifetime.hasBeenSignalled()) return;
  const secrets = await loadSecrets(config.dataFolder, config.sessionSecret);
  const platform = await wire({ config, databaseUrl, secrets, root: ROOT, log, lifetime });

  if (lifetime.hasBeenSignalled()) return;
  const isDevelopment = config.mode === "development";
  const nextServer = createServer();
  const pages = next({
    dev: isDevelopment,
    dir: ROOT,
    hostname: config.http.host,
    port: config.http.port,
    httpServer: nextServer,
  });
  await pages.prepare();
  lifetime.add("pages", () => pages.close());
  if (lifetime.hasBeenSignalled()) return;
  const handlePage = pages.getRequestHandler();
  const server = createFrontDoor({
    routes: platform.routes,
    pages: (request, response) => void handlePage(request, response),
    terminal: platform.handleTerminalUpgrade,
    nextServer,
    isDevelopment,
    log,
  });
  await listen(server, config.http);
  lifetime.add("front door", () => closeServer(server));
  // Last in, first out: sockets are told to come back later before the server stops listening.
  lifetime.add("terminals", platform.closeTerminals);
  platform.start();
  log.info("platform.started", {
    host: config.http.host,
    port: config.http.port,
    driver: config.sandbox.driver,
  });
  process.stdout.write(describeStart({ publicUrl: config.http.publicUrl, ...platform.welcome }));
}

async function startOwnPostgres(config: Config, log: Logger, lifetime: Lifetime): Promise<string> {
  const folder = path.join(config.dataFolder, "postgres");
  const postgres = await startEmbeddedPostgres({ folder, database: "slipway", timeoutMs: POSTGRES_START_MS });
  lifetime.add("postgres", () => postgres.stop());
  log.info("database.started", { isAdopted: postgres.isAdopted });
  return postgres.url;
}

function listen(server: Server, { host, port }: Config["http"]): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === "EADDRINUSE";
      reject(
        isTaken ? new Error(`port ${port} on ${host} is taken; choose another with PORT=${port + 1}`) : error,
      );
    });
    server.listen(port, host, resolve);
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    // Subscriptions are endless answers: their clients come back to the next server by themselves.
    server.closeAllConnections();
  });
}

await main();
