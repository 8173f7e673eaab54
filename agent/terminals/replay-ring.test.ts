import { randomBytes, randomInt } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ReplayRing, SEGMENT_BYTES } from "./replay-ring";

function read(ring: ReplayRing, offset: number, length: number): Buffer {
  const target = Buffer.alloc(length);
  ring.copy(offset, target, 0);
  return target;
}

describe("ReplayRing", () => {
  it("gives back every byte at its offset, over any sequence of writes and evictions", () => {
    const stream = randomBytes(6 * SEGMENT_BYTES);
    const ring = new ReplayRing();
    let evicted = 0;
    while (ring.end < stream.length) {
      const isTiny = Math.random() < 0.5;
      ring.append(stream.subarray(ring.end, ring.end + randomInt(1, isTiny ? 9 : SEGMENT_BYTES)));
      if (Math.random() < 0.3) {
        const until = randomInt(ring.start, ring.end + 1);
        const gone = ring.evictTo(until);
        expect(gone.equals(stream.subarray(evicted, until))).toBe(true);
        evicted = until;
      }
      expect(ring.start).toBe(evicted);
      const offset = randomInt(ring.start, ring.end + 1);
      const length = Math.min(70_000, ring.end - offset);
      expect(read(ring, offset, length).equals(stream.subarray(offset, offset + length))).toBe(true);
    }
  });

  it("evicts whole segments without copying, and never writes over what it gave away", () => {
    const ring = new ReplayRing();
    ring.append(Buffer.alloc(SEGMENT_BYTES + 10, "a"));
    const whole = ring.evictTo(SEGMENT_BYTES);
    const part = ring.evictTo(SEGMENT_BYTES + 5);
    ring.append(Buffer.alloc(2 * SEGMENT_BYTES, "b"));
    expect(whole.equals(Buffer.alloc(SEGMENT_BYTES, "a"))).toBe(true);
    expect(part.toString()).toBe("aaaaa");
    expect(read(ring, SEGMENT_BYTES + 5, 7).toString()).toBe("aaaaabb");
  });

  it("writes over what it is given back, and nothing else", () => {
    const ring = new ReplayRing();
    ring.append(Buffer.alloc(2 * SEGMENT_BYTES + 10, "a"));
    const [first, second] = [ring.evictTo(SEGMENT_BYTES), ring.evictTo(2 * SEGMENT_BYTES)];
    ring.giveBack(first);
    ring.append(Buffer.alloc(2 * SEGMENT_BYTES, "b"));
    expect(first.includes("a")).toBe(false);
    expect(second.includes("b")).toBe(false);
    expect(read(ring, 2 * SEGMENT_BYTES, 12).toString()).toBe("aaaaaaaaaabb");
    const part = ring.evictTo(2 * SEGMENT_BYTES + 5);
    ring.giveBack(part);
    ring.append(Buffer.alloc(2 * SEGMENT_BYTES, "c"));
    expect(part.toString()).toBe("aaaaa");
  });

  it("evicts nothing backwards and no more than it has", () => {
    const ring = new ReplayRing();
    ring.append(Buffer.from("abcdef"));
    expect(ring.evictTo(4).toString()).toBe("abcd");
    expect(ring.evictTo(1)).toHaveLength(0);
    expect(ring.evictTo(100).toString()).toBe("ef");
    expect([ring.start, ring.end]).toEqual([6, 6]);
  });

  it("refuses to give what it has forgotten", () => {
    const ring = new ReplayRing();
    ring.append(Buffer.from("abcdef"));
    ring.evictTo(3);
    expect(() => read(ring, 2, 1)).toThrow(RangeError);
  });
});
