import type { Pool } from "pg";
import { RateLimiterMemory, RateLimiterPostgres } from "rate-limiter-flexible";
import { AppError } from "./errors";

/** Counts what went wrong under a key and refuses the key for a growing time. What goes right costs nothing. */
export interface FailureLimit {
  /** @throws AppError `request.rate-limited`, with the seconds to wait in its public message, while `key` is refused. */
  assertMay(key: string): Promise<void>;
  /** Counts one failure. Every `failuresMax`-th one refuses the key, twice as long as the time before. */
  recordFailure(key: string): Promise<void>;
  /** Takes one failure back: what a room that shares an address earns by joining for real. */
  forgiveFailure(key: string): Promise<void>;
}

/** Counts every try under a key, right or wrong. */
export interface AttemptLimit {
  /** Counts one try. @throws AppError `request.rate-limited` when there were too many in the window. */
  takeAttempt(key: string): Promise<void>;
}

export interface FailureLimitOptions {
  /** Names the counter; part of its key in the database. */
  readonly name: string;
  readonly failuresMax: number;
  /** Failures are forgotten after this, and the first refusal lasts as long. */
  readonly windowSeconds: number;
  readonly blockSecondsMax: number;
}

export interface AttemptLimitOptions {
  readonly name: string;
  readonly attemptsMax: number;
  readonly windowSeconds: number;
}

export interface RateLimits {
  limitFailures(options: FailureLimitOptions): FailureLimit;
  limitAttempts(options: AttemptLimitOptions): AttemptLimit;
}

const TABLE = "RateLimit";
/** For how long it is remembered how often a key was refused. */
const STRIKES_SECONDS = 24 * 3_600;
/** Doubling more often than this overflows nothing but helps nobody: the block is clamped anyway. */
const DOUBLINGS_MAX = 16;

/**
 * Limits whose counters all replicas share through Postgres.
 *
 * While Postgres does not answer, each replica counts in its own memory: limits get looser by the number of replicas
 * and never vanish, and nobody is refused because of the outage.
 */
export function createRateLimits(pool: Pool): RateLimits {
  const counter = (name: string, points: number, duration: number): RateLimiterPostgres =>
    new RateLimiterPostgres({
      storeClient: pool,
      storeType: "pool",
      tableName: TABLE,
      tableCreated: true,
      keyPrefix: name,
      points,
      duration,
      insuranceLimiter: new RateLimiterMemory({ keyPrefix: name, points, duration }),
    });
  return {
    limitFailures: (options) => createFailureLimit(options, counter),
    limitAttempts: ({ name, attemptsMax, windowSeconds }) => {
      const limiter = counter(name, attemptsMax, windowSeconds);
      return {
        takeAttempt: async (key) => {
          const { consumedPoints, msBeforeNext } = await limiter.penalty(key, 1);
          if (consumedPoints > attemptsMax) throw rateLimited(name, msBeforeNext);
        },
      };
    },
  };
}

function createFailureLimit(
  { name, failuresMax, windowSeconds, blockSecondsMax }: FailureLimitOptions,
  counter: (name: string, points: number, duration: number) => RateLimiterPostgres,
): FailureLimit {
  const failures = counter(name, failuresMax, windowSeconds);
  const strikes = counter(`${name}-strikes`, 1, STRIKES_SECONDS);
  return {
    assertMay: async (key) => {
      const known = await failures.get(key);
      const isRefused = known !== null && known.consumedPoints >= failuresMax && known.msBeforeNext > 0;
      if (isRefused) throw rateLimited(name, known.msBeforeNext);
    },
    recordFailure: async (key) => {
      const { consumedPoints } = await failures.penalty(key, 1);
      // Failures that ran side by side pass the limit together; each full set of them is a strike of its own.
      if (consumedPoints % failuresMax !== 0) return;
      const strike = await strikes.penalty(key, 1);
      const doublings = Math.min(strike.consumedPoints - 1, DOUBLINGS_MAX);
      const seconds = Math.min(windowSeconds * 2 ** doublings, blockSecondsMax);
      await failures.set(key, consumedPoints, seconds);
    },
    forgiveFailure: async (key) => {
      const known = await failures.get(key);
      if (known !== null && known.consumedPoints > 0) await failures.reward(key, 1);
    },
  };
}

function rateLimited(name: string, waitMs: number): AppError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new AppError("request.rate-limited", `${name}: refused for ${seconds} s`, {
    publicMessage: `Too many tries. Wait ${describeSeconds(seconds)} and try again.`,
    details: { limit: name, seconds },
  });
}

function describeSeconds(seconds: number): string {
  if (seconds === 1) return "1 second";
  if (seconds < 120) return `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
