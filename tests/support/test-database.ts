import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { connectDatabase, type DatabaseConnection } from "../../server/platform/database/database";
import { startEmbeddedPostgres } from "../../server/platform/database/embedded-postgres";
import { applyMigrations } from "../../server/platform/database/migrate";

export interface TestDatabase extends DatabaseConnection {
  readonly url: string;
  /** Ends the server without ceremony and starts it again; resolves when it answers. */
  restart(): Promise<void>;
  /** Stops the server, so that nothing answers until `restart`. */
  halt(): Promise<void>;
  /** Closes, stops and removes everything. */
  dispose(): Promise<void>;
}

/** A real Postgres of its own with every migration applied, in about a second. */
export async function startTestDatabase(): Promise<TestDatabase> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "slipway-pg-"));
  const options = { folder, database: `test_${randomUUID().slice(0, 8)}`, timeoutMs: 30_000 };
  let postgres = await startEmbeddedPostgres(options);
  await applyMigrations(postgres.url, path.resolve(import.meta.dirname, "../../prisma/migrations"));
  const connection = connectDatabase(postgres.url);
  const { url } = postgres;
  return {
    ...connection,
    url,
    halt: () => postgres.stop(),
    restart: async () => {
      await postgres.stop();
      postgres = await startEmbeddedPostgres({ ...options, port: Number(new URL(url).port) });
    },
    dispose: async () => {
      await connection.close();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
