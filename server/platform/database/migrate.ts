import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import pg from "pg";

/** The lock that Prisma Migrate itself takes, so that neither runs beside the other. */
const PRISMA_MIGRATE_LOCK = 72_707_369;

const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`;

/** Its start is its transaction's. */
const RECORD_MIGRATION = `INSERT INTO _prisma_migrations
  (id, checksum, migration_name, finished_at, applied_steps_count) VALUES ($1, $2, $3, clock_timestamp(), 1)`;

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** A server that applies a long migration lets the others wait; one whose machine has died may hold the lock for hours. */
const LOCK_WAIT_MS_MAX = 60_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Postgres' code for a lock that was not had within `lock_timeout`. */
const LOCK_NOT_AVAILABLE = "55P03";

/**
 * Applies what is missing of `folder` (Prisma's layout) in order and returns the names that it applied.
 *
 * Same table, checksums and lock as `prisma migrate deploy`, without its engine, so that the two can be
 * mixed. Any number of servers may call it at once: one applies, the rest wait and find nothing to do.
 *
 * Each migration is one transaction: of one that fails, or is cut short by a kill, nothing remains, and the
 * next call tries it again. So its SQL may not hold what Postgres refuses in one, as CREATE INDEX CONCURRENTLY.
 *
 * @throws Error when the database does not answer within 5 s, the lock is not free within `lockWaitMsMax`, a
 * migration fails or was left unfinished by Prisma, or was edited after it had been applied.
 */
export async function applyMigrations(
  databaseUrl: string,
  folder: string,
  lockWaitMsMax = LOCK_WAIT_MS_MAX,
): Promise<readonly string[]> {
  const client = await connect(databaseUrl);
  try {
    await takeLock(client, lockWaitMsMax);
    await client.query(MIGRATIONS_TABLE);
    const checksums = await readApplied(client);
    const missing = (await readMigrations(folder)).filter((migration) => isMissing(migration, checksums));
    for (const migration of missing) await apply(client, migration);
    return missing.map((migration) => migration.name);
  } finally {
    await client.end();
  }
}

async function connect(databaseUrl: string): Promise<pg.Client> {
  try {
    const client = new pg.Client({
      connectionString: databaseUrl,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    // The query in progress is rejected with it; without a listener it would end the process.
    client.on("error", () => undefined);
    await client.connect();
    return client;
  } catch (cause) {
    throw new Error(
      `no connection to the database of DATABASE_URL (${withoutPassword(databaseUrl)}): ${reasonOf(cause)}. ` +
        "Start that Postgres, or correct DATABASE_URL; without it, Slipway runs a Postgres of its own.",
      { cause },
    );
  }
}

/** Parameters are left out too: `password` may be one of them. */
function withoutPassword(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl)) return "not a URL";
  const { protocol, username, host, pathname } = new URL(databaseUrl);
  return `${protocol}//${username === "" ? "" : `${username}@`}${host}${pathname}`;
}

/** Never empty: a host with several addresses fails with one error for each, and no message above them. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(", ");
  return error instanceof Error && error.message !== "" ? error.message : String(error);
}

async function takeLock(client: pg.Client, waitMsMax: number): Promise<void> {
  await client.query("SELECT set_config('lock_timeout', $1, false)", [String(waitMsMax)]);
  try {
    await client.query("SELECT pg_advisory_lock($1)", [PRISMA_MIGRATE_LOCK]);
  } catch (cause) {
    if (!(cause instanceof pg.DatabaseError) || cause.code !== LOCK_NOT_AVAILABLE) throw cause;
    throw new Error(
      `another server, or prisma migrate, has held the lock for migrations for ${waitMsMax} ms. Start again when it has ` +
        "finished; if it is gone, end what is left of it: SELECT pg_terminate_backend(pid) FROM pg_locks " +
        `WHERE locktype = 'advisory' AND objid = ${PRISMA_MIGRATE_LOCK} AND granted`,
      { cause },
    );
  }
  await client.query("RESET lock_timeout");
}

async function readApplied(client: pg.Client): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{
    migration_name: string;
    checksum: string;
    finished_at: Date | null;
    logs: string | null;
  }>(
    "SELECT migration_name, checksum, finished_at, logs FROM _prisma_migrations WHERE rolled_back_at IS NULL",
  );
  const failed = rows.find((row) => row.finished_at === null);
  if (failed)
    throw new Error(
      `migration ${failed.migration_name} failed earlier: ${failed.logs ?? "no log"}. Look at what is there of it; ` +
        "then set finished_at of its row in _prisma_migrations when that is all of it, or rolled_back_at when it is nothing.",
    );
  return new Map(rows.map((row) => [row.migration_name, row.checksum]));
}

async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(path.join(folder, name, "migration.sql"), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

function isMissing(migration: Migration, applied: ReadonlyMap<string, string>): boolean {
  const checksum = applied.get(migration.name);
  if (checksum !== undefined && checksum !== migration.checksum) {
    throw new Error(`migration ${migration.name} was edited after it was applied; add a new one instead`);
  }
  return checksum === undefined;
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  try {
    await client.query("BEGIN");
    await client.query(sql);
    await client.query(RECORD_MIGRATION, [randomUUID(), checksum, name]);
    await client.query("COMMIT");
  } catch (cause) {
    // A connection that was lost has rolled back by itself, and must not hide the cause.
    await client.query("ROLLBACK").catch(() => undefined);
    throw new Error(`migration ${name} failed and was rolled back: ${String(cause)}`, { cause });
  }
}
