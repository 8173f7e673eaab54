/** How the class registry is called in every sandbox, as in the engine's `daemon.json`. */
export const REGISTRY = "registry:5000";

/** What a person pushes with, below `prefix` only. */
export interface RegistryCredentials {
  readonly prefix: string;
  readonly password: string;
}

/**
 * The text of a `~/.docker/config.json` that signs in to the class registry and keeps whatever else `text` says. Null when
 * `text` is not what Docker could read: it is the attendee's, and not ours to throw away.
 */
export function withRegistryCredentials(
  text: string | undefined,
  { prefix, password }: RegistryCredentials,
): string | null {
  const config = parseObject(text ?? "{}");
  const auths = config === undefined ? undefined : asObject(config["auths"] ?? {});
  if (config === undefined || auths === undefined) return null;
  const auth = Buffer.from(`${prefix}:${password}`).toString("base64");
  return `${JSON.stringify({ ...config, auths: { ...auths, [REGISTRY]: { auth } } }, undefined, 2)}\n`;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(text.trim() === "" ? "{}" : text));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
