import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { PrismaClient } from "../../../prisma/generated/client";

/** What a store gets: the generated client. Only `*-store.ts` files and this folder name it. */
export type Database = PrismaClient;

export interface DatabaseConnection {
  readonly prisma: Database;
  /** A pool of our own beside Prisma's, for LISTEN, advisory locks and libraries that speak pg. */
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

/** Longest any statement may run: a request must not hang on a database that does not answer. */
const STATEMENT_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 3_000;
/** Where a room of hundreds stands in line for one row, or a busy machine has just started, Prisma's own 2 s are too short. */
const TRANSACTION_LIMITS = { maxWait: 10_000, timeout: 10_000 } as const;

/** Opens lazily: an unreachable database makes queries fail, not this call. */
export function connectDatabase(url: string): DatabaseConnection {
  const limits = {
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS + 1_000,
  };
  const pool = new pg.Pool({ connectionString: url, max: 10, ...limits });
  // An idle connection that breaks is replaced at its next use; without a listener it would end the process.
  pool.on("error", () => undefined);
  const prisma = new PrismaClient({
    adapter: new PrismaPg({ connectionString: url, max: 20, ...limits }),
    transactionOptions: TRANSACTION_LIMITS,
  });
  return {
    prisma,
    pool,
    close: async () => {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}
