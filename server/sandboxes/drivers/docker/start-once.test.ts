import { describe, expect, it } from "vitest";
import type { SandboxId } from "../../sandbox";
import { StartOnce } from "./start-once";

const ID = "a" as SandboxId;
const never = new AbortController().signal;

/** A start that lasts until it is told to end, or is aborted. */
function slowStart() {
  let count = 0;
  const ends: (() => void)[] = [];
  const start = (signal: AbortSignal): Promise<void> => {
    count += 1;
    return new Promise((resolve, reject) => {
      ends.push(resolve);
      signal.addEventListener("abort", () => {
        reject(new Error("given up"));
      });
    });
  };
  return { start, end: () => ends.at(-1)?.(), count: () => count };
}

describe("StartOnce", () => {
  it("makes two starts at once one", async () => {
    const starts = new StartOnce();
    const slow = slowStart();
    const both = [starts.run(ID, never, slow.start), starts.run(ID, never, slow.start)];
    slow.end();
    await Promise.all(both);
    expect(slow.count()).toBe(1);
    expect(starts.isUnderWay(ID)).toBe(false);
  });

  it("lets the second try when the first was given up by its caller", async () => {
    const starts = new StartOnce();
    const slow = slowStart();
    const giveUp = new AbortController();
    const first = starts.run(ID, giveUp.signal, slow.start).catch(() => "given up");
    const second = starts.run(ID, never, slow.start);
    giveUp.abort();
    expect(await first).toBe("given up");
    await expect.poll(() => slow.count()).toBe(2);
    slow.end();
    await second;
  });

  it("shares a failure, and starts anew after it", async () => {
    const starts = new StartOnce();
    const failing = () => Promise.reject(new Error("no disk"));
    const both = [starts.run(ID, never, failing), starts.run(ID, never, failing)];
    for (const one of both) await expect(one).rejects.toThrow("no disk");
    await starts.run(ID, never, () => Promise.resolve());
  });

  it("aborts what is under way and waits for its end", async () => {
    const starts = new StartOnce();
    const slow = slowStart();
    const running = starts.run(ID, never, slow.start).catch((caught: unknown) => caught);
    await starts.abort(ID);
    expect(starts.isUnderWay(ID)).toBe(false);
    expect(await running).toBeInstanceOf(Error);
  });
});
