import { describe, expect, it } from "vitest";
import { READ_AHEAD_BYTES, ReadAhead } from "./read-ahead";

/** Fills what fits of `text`, as the thread does. */
function write(ahead: ReadAhead, text: string): void {
  for (let left = Buffer.from(text); left.length > 0;) {
    const count = left.copy(ahead.room);
    if (count === 0) throw new Error("no room");
    ahead.fill(count);
    left = left.subarray(count);
  }
}

function takeAll(ahead: ReadAhead): string {
  let text = "";
  for (let bytes = ahead.peek(5); bytes.length > 0; bytes = ahead.peek(5)) {
    text += bytes.toString();
    ahead.take(bytes.length);
  }
  return text;
}

describe("ReadAhead", () => {
  it("hands over what was filled, in order, over the end of its memory and of its 32 bits", () => {
    const ahead = new ReadAhead();
    const rounds = 2 ** 32 / READ_AHEAD_BYTES + 10;
    for (let round = 0; round < rounds; round += 1) {
      ahead.fill(READ_AHEAD_BYTES - 7);
      ahead.take(READ_AHEAD_BYTES - 7);
      write(ahead, `round ${round}`);
      expect(ahead.waitingBytes).toBe(`round ${round}`.length);
      expect(takeAll(ahead)).toBe(`round ${round}`);
    }
  });

  it("has no room while the agent is too far behind", () => {
    const ahead = new ReadAhead();
    ahead.fill(READ_AHEAD_BYTES);
    expect(ahead.room).toHaveLength(0);
    expect(ahead.waitForRoom(1)).toBe(false);
    ahead.take(3);
    expect(ahead.waitForRoom(1)).toBe(true);
    expect(ahead.room).toHaveLength(3);
  });

  it("tells once of what is awaited, and does not wait for what is here or will not come", () => {
    const ahead = new ReadAhead();
    expect(ahead.takeAwaited()).toBe(false);
    expect(ahead.awaitBytes(4)).toBe(true);
    expect([ahead.takeAwaited(), ahead.takeAwaited()]).toEqual([true, false]);
    ahead.fill(4);
    expect(ahead.awaitBytes(4)).toBe(false);
    ahead.letGo();
    expect(ahead.awaitBytes(1_000)).toBe(false);
  });

  it("is over at once when it is called back before the thread has begun", () => {
    const ahead = new ReadAhead();
    ahead.recall();
    expect(ahead.isOver).toBe(true);
    expect(ahead.accept()).toBe(false);
  });

  it("does not wait for ever for a thread that has died", () => {
    const ahead = new ReadAhead();
    expect(ahead.accept()).toBe(true);
    ahead.recall();
    expect(ahead.isRecalled).toBe(true);
  });
});
