import { expect, it } from "vitest";
import { beginClaims, isRenewalDue, readClaims, renewClaims, tokenOf } from "./auth-claims";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const attendee = { accountId: "a", role: "attendee", nowMs: 0 } as const;

it.each([
  { name: "until the homework closes", untilMs: 7 * DAY_MS, expiresAtMs: 7 * DAY_MS },
  { name: "for 30 days at most", untilMs: 90 * DAY_MS, expiresAtMs: 30 * DAY_MS },
  { name: "for a day at least", untilMs: -DAY_MS, expiresAtMs: DAY_MS },
])("keeps an attendee signed in $name", ({ untilMs, expiresAtMs }) => {
  const claims = beginClaims({ ...attendee, untilMs });
  expect(claims).toMatchObject({ expiresAtMs, isSliding: false });
  expect(renewClaims(claims, HOUR_MS)).toEqual(claims);
  expect(isRenewalDue(claims, expiresAtMs - 1)).toBe(false);
});

it("keeps an instructor signed in for 12 hours whatever cohort they joined", () => {
  const claims = beginClaims({ accountId: "a", role: "instructor", nowMs: 0, untilMs: 30 * DAY_MS });
  expect(claims).toMatchObject({ expiresAtMs: 12 * HOUR_MS, isSliding: true });
});

it("slides while it is used, once an hour, and ends a week after the password", () => {
  const claims = beginClaims({ accountId: "a", role: "admin", nowMs: 0 });
  expect(isRenewalDue(claims, HOUR_MS - 1)).toBe(false);
  expect(isRenewalDue(claims, HOUR_MS)).toBe(true);
  expect(renewClaims(claims, HOUR_MS).expiresAtMs).toBe(13 * HOUR_MS);
  expect(renewClaims(claims, 7 * DAY_MS - 1).expiresAtMs).toBe(7 * DAY_MS);
  expect(renewClaims(claims, HOUR_MS).signedInAtMs).toBe(0);
});

it("reads back what it wrote, and nothing that is over or not ours", () => {
  const claims = beginClaims({ accountId: "a", role: "admin", nowMs: 0 });
  expect(readClaims(tokenOf(claims), HOUR_MS)).toEqual(claims);
  expect(readClaims(tokenOf(claims), 12 * HOUR_MS)).toBeUndefined();
  for (const foreign of [null, undefined, {}, { sub: "a" }, { ...tokenOf(claims), sub: 7 }]) {
    expect(readClaims(foreign, 0)).toBeUndefined();
  }
});
