import { createHash, createHmac } from "node:crypto";

/** Names that the class registry has in every engine: it serves all installations on it, and setup fills it. */
export const CLASS_REGISTRY = {
  container: "slipway-class-registry",
  network: "slipway-class-registry",
  /** Bridge of its network; the prefix puts it behind the sandboxes' firewall rules. */
  bridge: "slwregistry",
  /** The images. */
  volume: "slipway-class-registry",
  volumeTarget: "/var/lib/registry",
  /** Held by whoever writes to the volume. */
  lockFile: "/var/lib/registry/lock",
  port: 5_000,
  /** How sandboxes call it. */
  alias: "registry",
  /** The images that labs name are `<classNamespace>/<name>`, as on Docker Hub; nobody pushes there but setup. */
  classNamespace: "library",
} as const;

/** What pushes to `registry:5000/<prefix>/…`. */
export interface RegistryCredentials {
  readonly prefix: string;
  readonly password: string;
}

/** The class registry of one engine, as the server sees it. All methods reject with AppError `driver.unreachable`. */
export interface ClassRegistry {
  readonly credentialsOf: (prefix: string) => RegistryCredentials;
  /** Every prefix that something was pushed under, other installations' included. */
  listPrefixes(): Promise<readonly string[]>;
  /**
   * Takes `prefixes` out, with what no tag names any more, and frees the space. Pushes wait meanwhile. `busy`: somebody is pushing,
   * nothing was done.
   */
  collect(prefixes: readonly string[]): Promise<"collected" | "nothing" | "busy">;
}

/** What is in a prefix beside the attendee's name: whose it is. */
export interface RegistryPrefixOwner {
  readonly installationId: string;
  readonly enrollmentId: string;
}

/** 192 bits: what fits on a line and nobody guesses. */
const PASSWORD_CHARS = 32;
const SLUG_CHARS_MAX = 24;
const INSTALLATION_CHARS = 5;
const ENROLLMENT_CHARS = 7;

/** The password of `prefix` in the class registry that has this secret: derived, so it is stored nowhere. */
export function registryCredentialsOf(secret: string, prefix: string): RegistryCredentials {
  const hash = createHmac("sha256", secret).update(`class-registry:${prefix}`).digest("base64url");
  return { prefix, password: hash.slice(0, PASSWORD_CHARS) };
}

/**
 * Where an attendee's own images go: their name, for the room to read, and a tail that says whose it is, so that several
 * installations share a registry and a changed name finds its images. Matches `[a-z0-9][a-z0-9-]{1,38}`.
 */
export function registryPrefixOf(displayName: string, owner: RegistryPrefixOwner): string {
  const slug = displayName
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, SLUG_CHARS_MAX)
    .replace(/^-+|-+$/g, "");
  return `${slug === "" ? "attendee" : slug}-${tailOf(owner)}`;
}

/** Of `prefixes`, those of this installation whose owner is not among `enrollmentIds`. */
export function forgottenPrefixes(
  prefixes: readonly string[],
  installationId: string,
  enrollmentIds: Iterable<string>,
): readonly string[] {
  const tag = shortHash(installationId, INSTALLATION_CHARS);
  const known = new Set([...enrollmentIds].map((enrollmentId) => tailOf({ installationId, enrollmentId })));
  return prefixes.filter((prefix) => {
    const tail = prefix.slice(prefix.lastIndexOf("-") + 1);
    return tail.length === INSTALLATION_CHARS + ENROLLMENT_CHARS && tail.startsWith(tag) && !known.has(tail);
  });
}

function tailOf({ installationId, enrollmentId }: RegistryPrefixOwner): string {
  return shortHash(installationId, INSTALLATION_CHARS) + shortHash(enrollmentId, ENROLLMENT_CHARS);
}

/** Lower-case letters and digits. */
function shortHash(text: string, chars: number): string {
  const digest = createHash("sha256").update(text).digest("hex");
  return BigInt(`0x${digest}`).toString(36).slice(-chars);
}
