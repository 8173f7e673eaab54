import { expect, it } from "vitest";
import { CODE_ALPHABET } from "../protocol/inputs";
import { isJoinCodeLive, makeJoinCode } from "./join-code";
import { deriveRejoinCode, hashDeviceKey, hashRejoinCode } from "./rejoin-code";

const ONLY_ALPHABET = new RegExp(`^[${CODE_ALPHABET}]+$`);

it("derives the same rejoin code for an enrollment every time, and another for another secret or enrollment", () => {
  const code = deriveRejoinCode("secret", "e1");
  expect(code).toHaveLength(12);
  expect(code).toMatch(ONLY_ALPHABET);
  expect(deriveRejoinCode("secret", "e1")).toBe(code);
  expect(deriveRejoinCode("other", "e1")).not.toBe(code);
  expect(deriveRejoinCode("secret", "e2")).not.toBe(code);
});

it("keeps rejoin codes of 20,000 enrollments apart and uses every character alike", () => {
  const codes = Array.from({ length: 20_000 }, (_, index) => deriveRejoinCode("secret", `e${index}`));
  expect(new Set(codes).size).toBe(codes.length);
  const counts = new Map<string, number>();
  for (const character of codes.join("")) counts.set(character, (counts.get(character) ?? 0) + 1);
  const usual = (codes.length * 12) / CODE_ALPHABET.length;
  for (const character of CODE_ALPHABET) {
    expect(Math.abs((counts.get(character) ?? 0) - usual)).toBeLessThan(usual * 0.06);
  }
});

it("stores neither a rejoin code nor a device key as it is", () => {
  expect(hashRejoinCode("BCDF")).not.toContain("BCDF");
  expect(hashRejoinCode("BCDF")).not.toBe(hashDeviceKey("BCDF"));
  expect(hashDeviceKey("ABC")).toBe(hashDeviceKey("abc"));
});

it("makes join codes of eight characters that are read aloud without doubt", () => {
  const codes = Array.from({ length: 1_000 }, makeJoinCode);
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes) expect(code).toMatch(/^[2-9BCDFGHJKMNPQRSTVWXYZ]{8}$/);
});

it("lets a join code live until it expires, is revoked or the homework closes", () => {
  const code = { expiresAt: new Date(2_000), revokedAt: null };
  expect(isJoinCodeLive(code, new Date(9_000), 1_999)).toBe(true);
  expect(isJoinCodeLive(code, new Date(9_000), 2_000)).toBe(false);
  expect(isJoinCodeLive(code, new Date(1_500), 1_600)).toBe(false);
  expect(isJoinCodeLive({ ...code, revokedAt: new Date(1) }, new Date(9_000), 1_000)).toBe(false);
});
