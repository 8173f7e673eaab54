import { describe, expect, it } from "vitest";
import { FakeClock } from "../tests/support/fake-clock";
import { WriteGate } from "./write-gate";

describe("WriteGate", () => {
  it("keeps writers out while it is closed, and lets them in again even after a failure", async () => {
    const gate = new WriteGate(new FakeClock());
    const work = gate.whileClosed(async () => {
      expect(gate.enter()).toBe(false);
      throw new Error("broken");
    }, 1_000);
    await expect(work).rejects.toThrow("broken");
    expect(gate.enter()).toBe(true);
  });
  it("waits for who is inside, and gives up, having done nothing, when they stay", async () => {
    const clock = new FakeClock();
    const gate = new WriteGate(clock);
    gate.enter();
    let isDone = false;
    const work = gate.whileClosed(async () => {
      isDone = true;
    }, 1_000);
    await clock.advance(2_000);
    expect(await work).toBe(false);
    expect(isDone).toBe(false);
    gate.leave();
    expect(await gate.whileClosed(async () => undefined, 1_000)).toBe(true);
  });
  it("is quiet only some time after the last writer left", async () => {
    const clock = new FakeClock();
    const gate = new WriteGate(clock);
    expect(gate.isQuiet(500)).toBe(true);
    gate.enter();
    expect(gate.isQuiet(500)).toBe(false);
    gate.leave();
    expect(gate.isQuiet(500)).toBe(false);
    await clock.advance(500);
    expect(gate.isQuiet(500)).toBe(true);
  });
});
