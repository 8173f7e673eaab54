import { TRPCClientError } from "@trpc/client";
import { expect, test } from "vitest";
import { resubscribeDelayMs } from "./use-steady-subscription";

const proxyError = TRPCClientError.from(new Event("error") as never);

function serverError(appCode: string, isRetryable: boolean) {
  const data = { appCode, isRetryable, fieldErrors: {} };
  return TRPCClientError.from({ error: { code: -32_004, message: "No.", data } });
}

test("waits half a second at first, twice as long after each failure, and never more than ten seconds", () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 2_000].map((count) => resubscribeDelayMs(proxyError, count, 1));
  expect(longest).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
});

test("spreads a room over half of each wait", () => {
  const waits = [0, 0.5, 1].map((random) => resubscribeDelayMs(proxyError, 3, random));
  expect(waits).toEqual([2_000, 3_000, 4_000]);
});

test("tries again what the server calls retryable and never a refusal", () => {
  expect(resubscribeDelayMs(serverError("database.unavailable", true), 0, 1)).toBe(500);
  expect(resubscribeDelayMs(serverError("cohort.not-found", false), 0, 1)).toBeNull();
  expect(resubscribeDelayMs(serverError("account.forbidden", false), 9, 1)).toBeNull();
});
