"use client";

import { useCallback, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();

/** A preference of this browser that survives a reload, the same in every component that reads it. */
export function useStored(key: string, initial: string): readonly [string, (value: string) => void] {
  const storageKey = `slipway.${key}`;
  const value = useSyncExternalStore(
    subscribe,
    () => read(storageKey) ?? initial,
    () => initial,
  );
  const store = useCallback(
    (next: string) => {
      try {
        localStorage.setItem(storageKey, next);
      } catch {
        // A browser that keeps nothing keeps the initial value: nothing else depends on it.
      }
      for (const listener of listeners) listener();
    },
    [storageKey],
  );
  return [value, store];
}

function read(storageKey: string): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

function subscribe(onChange: () => void): () => void {
  listeners.add(onChange);
  window.addEventListener("storage", onChange);
  return () => {
    listeners.delete(onChange);
    window.removeEventListener("storage", onChange);
  };
}
