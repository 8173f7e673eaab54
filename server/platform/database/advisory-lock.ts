import type { Pool } from "pg";

/** Numbers of our advisory locks, in a space of their own ("slip" in ASCII as the first key). */
export const ADVISORY_LOCKS = { sandboxes: 1, reaper: 2 } as const;
export type AdvisoryLock = keyof typeof ADVISORY_LOCKS;

const LOCK_SPACE = 0x736c6970;

/**
 * Runs `work` if no other replica holds `lock`; answers whether it ran. Not getting the lock is a quiet, normal outcome.
 *
 * The lock lives on a connection of its own until `work` has settled; a crash releases it.
 */
export async function withAdvisoryLock(
  pool: Pool,
  lock: AdvisoryLock,
  work: () => Promise<void>,
): Promise<boolean> {
  const client = await pool.connect();
  const keys = [LOCK_SPACE, ADVISORY_LOCKS[lock]];
  try {
    const { rows } = await client.query<{ got: boolean }>("select pg_try_advisory_lock($1, $2) as got", keys);
    if (rows[0]?.got !== true) return false;
    try {
      await work();
    } finally {
      await client.query("select pg_advisory_unlock($1, $2)", keys);
    }
    return true;
  } finally {
    client.release();
  }
}
