import { randomUuid } from "./random-uuid";

const STORAGE_KEY = "slipway.device-key";

/**
 * The random key of this browser: joining a cohort twice with it gives one enrollment. A browser that keeps nothing gets a
 * new one each time, and its reader a rejoin code.
 */
export function readDeviceKey(): string {
  try {
    const stored = localStorage.getItem(STORAGE_KEY);
    if (stored !== null && UUID.test(stored)) return stored;
    const made = randomUuid();
    localStorage.setItem(STORAGE_KEY, made);
    return made;
  } catch {
    return randomUuid();
  }
}

/** Forgets who this browser is: whoever joins next on a shared laptop is somebody else. */
export function forgetDeviceKey(): void {
  try {
    localStorage.removeItem(STORAGE_KEY);
  } catch {
    // Nothing was kept.
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
