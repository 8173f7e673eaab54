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

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** `crypto.randomUUID` is missing on plain HTTP, which a classroom's local address is. */
function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
