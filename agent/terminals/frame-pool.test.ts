import { describe, expect, it } from "vitest";
import { FramePool } from "./frame-pool";

describe("FramePool", () => {
  it("never gives the same memory to two frames that are in use", () => {
    const pool = new FramePool(1_000);
    const taken = Array.from({ length: 20 }, (_, index) => ({ index, ...pool.take(900 + index) }));
    for (const { frame, index } of taken) frame.fill(index);
    for (const { frame, index } of taken) {
      expect(frame).toHaveLength(900 + index);
      expect(frame.every((byte) => byte === index)).toBe(true);
    }
  });

  it("uses large frames again, whatever their length", () => {
    const pool = new FramePool(1_000);
    const { frame, release } = pool.take(1_000);
    release();
    expect(pool.take(500).frame.buffer).toBe(frame.buffer);
    expect(pool.take(500).frame.buffer).not.toBe(frame.buffer);
  });

  it("holds no more than a few", () => {
    const pool = new FramePool(1_000);
    const first = Array.from({ length: 40 }, () => pool.take(1_000));
    const memory = new Set(first.map(({ frame }) => frame.buffer));
    for (const { release } of first) release();
    const second = Array.from({ length: 40 }, () => pool.take(1_000));
    expect(second.filter(({ frame }) => memory.has(frame.buffer)).length).toBeLessThanOrEqual(8);
  });
});
