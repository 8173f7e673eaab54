import { expect, it } from "vitest";
import { FakeClock } from "../../tests/support/fake-clock";
import { silentLogger } from "../../tests/support/silent-logger";
import { AppError } from "../platform/errors";
import { createProfileReader } from "./profile-reader";
import type { ProfileState } from "./sandbox-driver";

const READY: readonly ProfileState[] = [{ profile: "docker", state: "ready" }];

function readerOf(answers: (() => Promise<readonly ProfileState[]>)[]) {
  const clock = new FakeClock();
  let callCount = 0;
  const lifecycle = {
    readProfiles: () => {
      callCount += 1;
      return answers[Math.min(callCount, answers.length) - 1]!();
    },
  };
  const readProfiles = createProfileReader({ lifecycle, clock, log: silentLogger() });
  return { clock, readProfiles, calls: () => callCount };
}

const answer = () => Promise.resolve(READY);
const hang = () => new Promise<never>(() => undefined);
const refuse = () => Promise.reject(new AppError("driver.unreachable", "it is away"));

it("asks the driver once for many who want to know, and again only when the answer is old", async () => {
  const { clock, readProfiles, calls } = readerOf([answer]);
  await Promise.all([readProfiles(), readProfiles()]);
  await clock.advance(4_999);
  expect(await readProfiles()).toEqual(READY);
  expect(calls()).toBe(1);
  await clock.advance(1);
  await readProfiles();
  expect(calls()).toBe(2);
});

it("says within a second what it knew when the driver hangs, and asks it only once meanwhile", async () => {
  const { clock, readProfiles, calls } = readerOf([answer, hang]);
  await readProfiles();
  await clock.advance(60_000);
  const waiting = [readProfiles(), readProfiles()];
  await clock.advance(1_000);
  expect(await Promise.all(waiting)).toEqual([READY, READY]);
  expect(calls()).toBe(2);
});

it("keeps the last word of a driver that refuses, and has none before its first", async () => {
  const { clock, readProfiles } = readerOf([refuse, answer, refuse]);
  expect(await readProfiles()).toEqual([]);
  expect(await readProfiles()).toEqual(READY);
  await clock.advance(60_000);
  expect(await readProfiles()).toEqual(READY);
});
