import type { Pool, PoolClient } from "pg";

/** Numbers of our advisory locks, within a space of their own. */
const ADVISORY_LOCKS = { "sandbox-reconciler": 1 } as const;
export type AdvisoryLock = keyof typeof ADVISORY_LOCKS;

/** First key of every lock of ours: "slip" in ASCII, so that another program in the same database does not collide. */
const LOCK_SPACE = 0x736c6970;

/**
 * Runs `work` if no other replica holds `lock`; answers whether it ran. Not getting the lock is a quiet, normal outcome.
 *
 * The lock lives on a connection of its own until `work` has settled, and a crash releases it. `work` is given a
 * signal that aborts when that connection is lost: another replica may hold the lock from then on.
 */
export async function withAdvisoryLock(
  pool: Pool,
  lock: AdvisoryLock,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const client = await pool.connect();
  const lost = new AbortController();
  const onError = (): void => {
    lost.abort();
  };
  client.on("error", onError);
  const keys = [LOCK_SPACE, ADVISORY_LOCKS[lock]];
  try {
    const { rows } = await client.query<{ got: boolean }>("select pg_try_advisory_lock($1, $2) as got", keys);
    if (rows[0]?.got !== true) return false;
    try {
      await work(lost.signal);
    } finally {
      await unlock(client, keys);
    }
    return true;
  } finally {
    client.off("error", onError);
    // A broken connection must not go back into the pool.
    client.release(lost.signal.aborted);
  }
}

async function unlock(client: PoolClient, keys: readonly number[]): Promise<void> {
  // When the connection is gone, so is the lock.
  await client.query("select pg_advisory_unlock($1, $2)", [...keys]).catch(() => undefined);
}
