"use client";

import { useSyncExternalStore } from "react";

/**
 * True while the page can be seen. Subscriptions live only that long: over HTTP/1.1 a browser has six connections to a
 * server for all its tabs, and forgotten tabs must not use them up.
 */
export function usePageVisible(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => document.visibilityState === "visible",
    () => false,
  );
}

function subscribe(onChange: () => void): () => void {
  document.addEventListener("visibilitychange", onChange);
  return () => {
    document.removeEventListener("visibilitychange", onChange);
  };
}
