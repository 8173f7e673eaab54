import { setMaxListeners } from "node:events";

/**
 * An `AbortController` that is also aborted by any of `parents`, with its reason. Whoever makes it aborts it in the end: until then the
 * parents hold it.
 *
 * Instead of `AbortSignal.any`, which in Node 20 forgets an `AbortSignal.timeout` that nobody else holds as soon as memory is
 * collected (nodejs/node#57736), so that what it was to end never ends, and which leaves 60 bytes on a parent for each call
 * (nodejs/node#62363).
 */
export function linkAbort(...parents: readonly AbortSignal[]): AbortController {
  const controller = new AbortController();
  for (const parent of parents) {
    const follow = (): void => {
      controller.abort(parent.reason);
    };
    const letGo = (): void => {
      parent.removeEventListener("abort", follow);
    };
    if (parent.aborted) follow();
    if (controller.signal.aborted) break;
    // A server's own signal has many children at a time, and each lets go in the end: that is no leak to be warned of.
    setMaxListeners(0, parent);
    parent.addEventListener("abort", follow, { once: true });
    controller.signal.addEventListener("abort", letGo, { once: true });
  }
  return controller;
}

/**
 * A signal that aborts when `parent` does, and after `delayMs` at the latest, with a `TimeoutError`; until then `parent` holds it. Does not
 * keep the process alive.
 */
export function abortWithin(parent: AbortSignal, delayMs: number): AbortSignal {
  const controller = linkAbort(parent);
  const { signal } = controller;
  if (signal.aborted) return signal;
  const timer = setTimeout(() => {
    controller.abort(new DOMException(`not done within ${delayMs} ms`, "TimeoutError"));
  }, delayMs);
  timer.unref();
  signal.addEventListener(
    "abort",
    () => {
      clearTimeout(timer);
    },
    { once: true },
  );
  return signal;
}
