import { expect, it } from "vitest";
import { FakeClock } from "../../tests/support/fake-clock";
import { latestOf } from "./latest-of";
import { MemoryEventBus } from "./memory-event-bus";

function watch(over: { read: () => Promise<number>; signal?: AbortSignal }) {
  const events = new MemoryEventBus();
  const clock = new FakeClock();
  const views = latestOf({
    isRelevant: (event) => event.kind === "queue.changed",
    events,
    clock,
    resyncMs: 1_000,
    ...over,
  });
  return { events, clock, views };
}

it("yields at once, again after a relevant event, and skips answers that are the same", async () => {
  let value = 1;
  const { events, views } = watch({ read: async () => value });
  expect((await views.next()).value).toBe(1);
  const second = views.next();
  await events.publish({ kind: "events.resynced" });
  await events.publish({ kind: "queue.changed" });
  value = 2;
  await events.publish({ kind: "queue.changed" });
  expect((await second).value).toBe(2);
  await views.return();
});

it("reads again after the resync time although no event came", async () => {
  let value = 1;
  const { clock, views } = watch({ read: async () => value });
  await views.next();
  const second = views.next();
  value = 2;
  await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(1_000);
  expect((await second).value).toBe(2);
  await views.return();
});

it("ends when it is aborted, and leaves no listener behind", async () => {
  const abort = new AbortController();
  const { views } = watch({ read: async () => 1, signal: abort.signal });
  await views.next();
  const next = views.next();
  abort.abort();
  expect((await next).done).toBe(true);
});
