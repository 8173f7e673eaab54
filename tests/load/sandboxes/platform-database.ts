import { readFile } from "node:fs/promises";
import path from "node:path";
import pg from "pg";
import { systemClock } from "../../../server/platform/clock";
import { waitUntil } from "../../../server/platform/wait-until";
import { readContainer } from "./sandbox-container";
import type { Platform } from "../../support/platform";

/** A sandbox as the platform's database has it. */
export interface SandboxRecord {
  readonly id: string;
  readonly phase: string;
  readonly isClaimed: boolean;
  /** False for a place in the queue, also one that was given up for a warm sandbox. */
  readonly wasBegun: boolean;
}

/** All that the platform ever made or was asked for, what has ended included. */
export function readSandboxes(platform: Platform): Promise<readonly SandboxRecord[]> {
  const facts = `"enrollmentId" is not null as "isClaimed", "provisioningAt" is not null as "wasBegun"`;
  return query<SandboxRecord>(platform, `select id, phase::text as phase, ${facts} from "Sandbox"`);
}

/** What the platform measured its own creates to take, in ms, oldest first. */
export async function readCreateMs(platform: Platform): Promise<readonly number[]> {
  const statement = `select "durationMs" from "SandboxStart" where what = 'create' order by id`;
  const rows = await query<{ durationMs: number }>(platform, statement);
  return rows.map(({ durationMs }) => durationMs);
}

/** Ends every attendee's sandbox as a replacement does, and resolves when they are gone. */
export async function endClaimed(platform: Platform): Promise<void> {
  const ends = `update "Sandbox" set phase = 'destroying' where "enrollmentId" is not null`;
  await query(platform, `${ends} and phase in ('assigned', 'asleep')`);
  const areGone = async (): Promise<boolean> =>
    (await readSandboxes(platform)).every(({ phase, isClaimed }) => !isClaimed || phase === "destroyed");
  await waitUntil("attendees' sandboxes are gone", areGone, { timeoutMs: 60_000, clock: systemClock });
}

/** Makes every attendee's sandbox look as if nobody had used it for a day, and resolves when all are asleep. */
export async function putToSleep(platform: Platform): Promise<void> {
  await query(
    platform,
    `update "Sandbox" set "lastActiveAt" = now() - interval '1 day' where phase = 'assigned'`,
  );
  const areAsleep = async (): Promise<boolean> => {
    const kept = (await readSandboxes(platform)).filter(({ phase }) => phase !== "destroyed");
    const containers = await Promise.all(kept.map(({ id }) => readContainer(id)));
    return kept.every(({ phase }) => phase === "asleep") && containers.every(({ isRunning }) => !isRunning);
  };
  await waitUntil("sandboxes are asleep", areAsleep, { timeoutMs: 60_000, clock: systemClock });
}

async function query<Row extends object>(
  { dataFolder }: Platform,
  statement: string,
): Promise<readonly Row[]> {
  const folder = path.join(dataFolder, "postgres");
  const [pidFile, password] = await Promise.all([
    readFile(path.join(folder, "pgdata/postmaster.pid"), "utf8"),
    readFile(path.join(folder, "password"), "utf8"),
  ]);
  const client = new pg.Client({
    ...{ host: "127.0.0.1", port: Number(pidFile.split("\n")[3]) },
    ...{ user: "slipway", database: "slipway", password: password.trim() },
  });
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}
