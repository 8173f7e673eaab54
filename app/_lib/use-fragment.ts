"use client";

import { useSyncExternalStore } from "react";

/** What stands after `#` in the address; empty on the server and when there is nothing. Secrets in links travel there. */
export function useFragment(): string {
  return useSyncExternalStore(
    subscribe,
    () => decodeFragment(location.hash.slice(1)),
    () => "",
  );
}

function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener("hashchange", onChange);
  return () => {
    window.removeEventListener("hashchange", onChange);
  };
}
