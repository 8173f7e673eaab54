import { expect, it } from "vitest";
import { FakeClock } from "../../tests/support/fake-clock";
import { PeriodicTask } from "./periodic-task";

const silent = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child() {
    return silent;
  },
};
const settle = () => new Promise((r) => setImmediate(r));

it("keeps going after a failed run and does not overlap runs", async () => {
  const clock = new FakeClock();
  let runs = 0;
  const task = new PeriodicTask({
    name: "t",
    intervalMs: 100,
    jitterFraction: 0,
    clock,
    log: silent,
    run: async () => {
      runs += 1;
      if (runs === 1) throw new Error("first run breaks");
    },
  });
  task.start();
  task.start();
  await settle();
  expect(runs).toBe(1);
  await clock.advance(100);
  expect(runs).toBe(2);
  await task.stop();
  await clock.advance(1_000);
  expect(runs).toBe(2);
});

it("stop() waits for the run in progress", async () => {
  const clock = new FakeClock();
  let finish = () => {};
  let done = false;
  const task = new PeriodicTask({
    name: "t",
    intervalMs: 100,
    jitterFraction: 0,
    clock,
    log: silent,
    run: async () => {
      await new Promise<void>((r) => {
        finish = r;
      });
      done = true;
    },
  });
  task.start();
  await settle();
  const stopped = task.stop();
  expect(done).toBe(false);
  finish();
  await stopped;
  expect(done).toBe(true);
});
