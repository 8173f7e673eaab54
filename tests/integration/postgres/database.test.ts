import { mkdtemp, cp, appendFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../server/platform/clock";
import { withAdvisoryLock } from "../../../server/platform/database/advisory-lock";
import { isDatabaseUnavailable } from "../../../server/platform/database/database-errors";
import { applyMigrations } from "../../../server/platform/database/migrate";
import type { DomainEvent } from "../../../server/platform/events";
import { PostgresEventBus } from "../../../server/platform/postgres-event-bus";
import { waitUntil } from "../../../server/platform/wait-until";
import { silentLogger } from "../../support/silent-logger";
import { startTestDatabase, type TestDatabase } from "../../support/test-database";

const MIGRATIONS = path.resolve(import.meta.dirname, "../../../prisma/migrations");

describe("on a real Postgres", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await startTestDatabase();
  });
  afterAll(() => database.dispose());

  it("applies migrations once, however many servers start at the same time", async () => {
    await database.pool.query("create database fresh");
    const url = database.url.replace(/[^/]+$/, "fresh");
    const applied = await Promise.all([1, 2, 3].map(() => applyMigrations(url, MIGRATIONS)));
    expect(applied.map((names) => names.length).sort()).toEqual([0, 0, applied.flat().length]);
    expect(applied.flat().length).toBeGreaterThan(0);
  });

  it("refuses a migration that was edited after it had been applied", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "slipway-migrations-"));
    await cp(MIGRATIONS, folder, { recursive: true });
    await appendFile(path.join(folder, "20261121000000_initial/migration.sql"), "\n-- edited\n");
    await expect(applyMigrations(database.url, folder)).rejects.toThrow(/20261121000000_initial was edited/);
  });

  it("never changes an attempt or an audit entry", async () => {
    const { prisma } = database;
    await prisma.auditEntry.create({ data: { action: "test.done", subject: "x" } });
    await expect(prisma.auditEntry.updateMany({ data: { action: "forged" } })).rejects.toThrow(/append only/);
    await expect(prisma.auditEntry.deleteMany({})).rejects.toThrow(/append only/);
  });

  it("lets one of two replicas hold a lock, quietly refuses the other, and frees it with the holder's end", async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    let hasEntered = false;
    const first = withAdvisoryLock(database.pool, "sandbox-reconciler", async () => {
      hasEntered = true;
      await held;
    });
    await waitUntil("the first holds the lock", () => hasEntered, { timeoutMs: 5_000, clock: systemClock });
    expect(await withAdvisoryLock(database.pool, "sandbox-reconciler", async () => {})).toBe(false);
    release();
    expect(await first).toBe(true);
    expect(await withAdvisoryLock(database.pool, "sandbox-reconciler", async () => {})).toBe(true);
  });

  it("carries events between servers, and announces a resync after the connection was lost", async () => {
    const options = {
      databaseUrl: database.url,
      pool: database.pool,
      clock: systemClock,
      log: silentLogger(),
    };
    const [sender, receiver] = [new PostgresEventBus(options), new PostgresEventBus(options)];
    const heard: DomainEvent[] = [];
    receiver.subscribe((event) => heard.push(event));
    receiver.start();
    const within = { timeoutMs: 15_000, clock: systemClock };
    await waitUntil(
      "an event arrives",
      async () => {
        await sender.publish({ kind: "queue.changed" });
        return heard.some((event) => event.kind === "queue.changed");
      },
      within,
    );
    await database.restart();
    await waitUntil(
      "the resync is announced",
      () => heard.some((event) => event.kind === "events.resynced"),
      within,
    );
    heard.length = 0;
    await sender.publish({ kind: "queue.changed" });
    await waitUntil("events arrive again", () => heard.length > 0, within);
    await receiver.stop();
  });

  it("says in a few seconds that there is no database, and works again when it is back", async () => {
    await database.halt();
    const startedAtMs = Date.now();
    const refused = await database.prisma.account.count().catch((error: unknown) => error);
    expect(isDatabaseUnavailable(refused)).toBe(true);
    expect(Date.now() - startedAtMs).toBeLessThan(6_000);
    await database.restart();
    await waitUntil("queries answer again", async () => (await database.prisma.account.count()) >= 0, {
      timeoutMs: 10_000,
      clock: systemClock,
    });
  });
});
