import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { isAppError } from "./errors";
import { createRateLimits } from "./rate-limits";

/** A database that is away: what is counted here is counted in memory, by the same rules. */
const noDatabase = { query: () => Promise.reject(new Error("Connection terminated")) } as unknown as Pool;
const limits = createRateLimits(noDatabase);

beforeEach(() => vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => vi.useRealTimers());

const failures = () =>
  limits.limitFailures({ name: randomUUID(), failuresMax: 3, windowSeconds: 60, blockSecondsMax: 200 });

/** Seconds that the key has to wait; 0 when it may go on. */
async function waitOf(limit: { assertMay(key: string): Promise<void> }): Promise<unknown> {
  try {
    await limit.assertMay("key");
    return 0;
  } catch (error) {
    return isAppError(error) ? error.details["seconds"] : error;
  }
}

async function fail(limit: { recordFailure(key: string): Promise<void> }, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await limit.recordFailure("key");
}

it("lets failures pass up to the limit, then refuses for the window", async () => {
  const limit = failures();
  await fail(limit, 2);
  expect(await waitOf(limit)).toBe(0);
  await fail(limit, 1);
  expect(await waitOf(limit)).toBe(60);
  vi.setSystemTime(Date.now() + 59_000);
  expect(await waitOf(limit)).toBe(1);
  vi.setSystemTime(Date.now() + 1_001);
  expect(await waitOf(limit)).toBe(0);
});

it("refuses twice as long each time, up to its longest", async () => {
  const limit = failures();
  for (const seconds of [60, 120, 200, 200]) {
    await fail(limit, 3);
    expect(await waitOf(limit)).toBe(seconds);
    vi.setSystemTime(Date.now() + seconds * 1_000 + 1);
  }
});

it("counts failures that ran side by side, past the limit, as strikes of their own", async () => {
  const limit = failures();
  await Promise.all(Array.from({ length: 6 }, () => limit.recordFailure("key")));
  expect(await waitOf(limit)).toBe(120);
});

it("forgives one failure at a time and never below none", async () => {
  const limit = failures();
  await limit.forgiveFailure("key");
  await fail(limit, 2);
  await limit.forgiveFailure("key");
  await fail(limit, 1);
  expect(await waitOf(limit)).toBe(0);
  await fail(limit, 1);
  expect(await waitOf(limit)).toBe(60);
});

it("tells the reader how long to wait in words", async () => {
  const limit = limits.limitAttempts({ name: randomUUID(), attemptsMax: 1, windowSeconds: 300 });
  await limit.takeAttempt("key");
  await expect(limit.takeAttempt("key")).rejects.toMatchObject({
    code: "request.rate-limited",
    publicMessage: "Too many tries. Wait 5 minutes and try again.",
  });
  await limit.takeAttempt("another key");
});
