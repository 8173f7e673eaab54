import { useSyncExternalStore } from "react";

const subscribe = () => () => undefined;

/**
 * False while React wakes the server's HTML, true from then on. What only the browser can know, such as a cache that is
 * already filled, must not be rendered before: it would not be what the server rendered.
 */
export function useIsHydrated(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => true,
    () => false,
  );
}
