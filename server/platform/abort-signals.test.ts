import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { collectMemory } from "../../tests/support/collect-memory";
import { abortWithin, linkAbort } from "./abort-signals";

const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

describe("linkAbort", () => {
  it("is aborted by whichever parent is first, with its reason, and lets go of all of them", () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const { signal } = linkAbort(first.signal, second.signal);
    expect(signal.aborted).toBe(false);
    second.abort("enough");
    expect(signal.reason).toBe("enough");
    expect([listenersOf(first.signal), listenersOf(second.signal)]).toEqual([0, 0]);
  });

  it("is aborted from the start when a parent is", () => {
    const open = new AbortController();
    const { signal } = linkAbort(open.signal, AbortSignal.abort("before"));
    expect(signal.reason).toBe("before");
    expect(listenersOf(open.signal)).toBe(0);
  });

  it("lets go of its parents when it is aborted itself, and leaves them alone", () => {
    const parent = new AbortController();
    const linked = linkAbort(parent.signal);
    linked.abort();
    expect(parent.signal.aborted).toBe(false);
    expect(listenersOf(parent.signal)).toBe(0);
  });
});

describe("abortWithin", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("aborts when the time is over, as a timeout, and lets go of its parent", () => {
    const parent = new AbortController();
    const signal = abortWithin(parent.signal, 1_000);
    vi.advanceTimersByTime(999);
    expect(signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(signal.reason).toMatchObject({ name: "TimeoutError" });
    expect(listenersOf(parent.signal)).toBe(0);
  });

  it("aborts with its parent before that, and leaves no timer", () => {
    const parent = new AbortController();
    const signal = abortWithin(parent.signal, 1_000);
    parent.abort("stopped");
    expect(signal.reason).toBe("stopped");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("makes no timer for a parent that is aborted already", () => {
    expect(abortWithin(AbortSignal.abort("stopped"), 1_000).reason).toBe("stopped");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("keeps its time when nobody holds it and memory is collected", async () => {
    vi.useRealTimers();
    const parent = new AbortController();
    const aborted = new Promise((resolve) => {
      abortWithin(abortWithin(parent.signal, 60_000), 50).addEventListener("abort", resolve, { once: true });
    });
    await collectMemory();
    await aborted;
  });
});
