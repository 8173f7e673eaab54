import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { applyMigrations } from "../../../server/platform/database/migrate";
import { startTestDatabase, type TestDatabase } from "../../support/test-database";

const PRISMA_MIGRATE_LOCK = 72_707_369;

describe("migrations that do not go well", () => {
  let database: TestDatabase;
  let databaseCount = 0;
  let url: string;
  let folder: string;

  beforeAll(async () => {
    database = await startTestDatabase();
  });
  afterAll(() => database.dispose());
  beforeEach(async () => {
    const name = `migrated_${(databaseCount += 1)}`;
    await database.pool.query(`create database ${name}`);
    url = database.url.replace(/[^/]+$/, name);
    folder = await mkdtemp(path.join(os.tmpdir(), "slipway-migrations-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const writeMigration = async (name: string, sql: string): Promise<void> => {
    await mkdir(path.join(folder, name), { recursive: true });
    await writeFile(path.join(folder, name, "migration.sql"), sql);
  };
  const query = async (sql: string): Promise<readonly unknown[]> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };

  it("names one that fails at every start, keeps nothing of it, and applies it once it is mended", async () => {
    await writeMigration("1_whole", "create table whole ();");
    await writeMigration("2_broken", "create table half (); select 1 / 0;");
    await expect(applyMigrations(url, folder)).rejects.toThrow(/2_broken.*division by zero/);
    await expect(applyMigrations(url, folder)).rejects.toThrow(/2_broken.*division by zero/);
    expect(await query("select to_regclass('whole')::text as whole, to_regclass('half') as half")).toEqual([
      { whole: "whole", half: null },
    ]);
    await writeMigration("2_broken", "create table half ();");
    expect(await applyMigrations(url, folder)).toEqual(["2_broken"]);
    expect(await applyMigrations(url, folder)).toEqual([]);
  });

  it("applies one again whose connection was lost in the middle", async () => {
    await writeMigration("1_cut", "create table half (); select pg_terminate_backend(pg_backend_pid());");
    await expect(applyMigrations(url, folder)).rejects.toThrow(/1_cut.*terminat/);
    await writeMigration("1_cut", "create table half ();");
    expect(await applyMigrations(url, folder)).toEqual(["1_cut"]);
    expect(
      await query("select migration_name, finished_at >= started_at as ok from _prisma_migrations"),
    ).toEqual([{ migration_name: "1_cut", ok: true }]);
  });

  it("refuses to go on after one that Prisma left unfinished until somebody has looked", async () => {
    await writeMigration("1_unfinished", "create table half ();");
    await applyMigrations(url, folder);
    await query("update _prisma_migrations set finished_at = null, logs = 'out of luck'");
    await expect(applyMigrations(url, folder)).rejects.toThrow(/1_unfinished failed earlier: out of luck/);
  });

  it("says who to end when somebody else holds the lock for too long", async () => {
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    try {
      await holder.query("select pg_advisory_lock($1)", [PRISMA_MIGRATE_LOCK]);
      await expect(applyMigrations(url, folder, 50)).rejects.toThrow(/lock.*pg_terminate_backend/s);
    } finally {
      await holder.end();
    }
    expect(await applyMigrations(url, folder)).toEqual([]);
  });

  it("leaves a migration as much time for its own locks as the database gives", async () => {
    await writeMigration(
      "1_looks",
      "create table seen as select current_setting('lock_timeout') as timeout;",
    );
    await applyMigrations(url, folder);
    expect(await query("select timeout from seen")).toEqual([{ timeout: "0" }]);
  });
});

describe("a database that cannot be reached", () => {
  it.each(["127.0.0.1", "localhost"])("is named without its password, and why, on %s", async (host) => {
    const failure: unknown = await applyMigrations(
      `postgresql://me:s3cret@${host}:1/db?password=s3cret`,
      "nowhere",
    ).catch((error: unknown) => error);
    expect(String(failure)).toMatch(/DATABASE_URL \(postgresql:\/\/me@.*:1\/db\).*ECONNREFUSED.*[Ss]tart/s);
    expect(String(failure)).not.toContain("s3cret");
  });

  it("is given up when it accepts and says nothing", { timeout: 8_000 }, async () => {
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const address = mute.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    try {
      await expect(applyMigrations(`postgresql://me:s3cret@127.0.0.1:${port}/db`, "nowhere")).rejects.toThrow(
        /DATABASE_URL \(postgresql:\/\/me@127.0.0.1:\d+\/db\).*timeout/,
      );
    } finally {
      mute.close();
    }
  });
});
