import type { SandboxId } from "./sandbox";

/** Longest host name that a prompt shows in full; the port's bound. */
const HOST_NAME_CHARACTERS_MAX = 40;
const SUFFIX_CHARACTERS = 4;

/**
 * Host name of somebody's sandbox: their name in lower-case Latin letters, digits and hyphens, and the beginning of the sandbox's
 * id, so that two of the same name are told apart. `sandbox-1a2b` for a name that has no such letters.
 */
export function hostNameOf(displayName: string, id: SandboxId): string {
  const slug = displayName
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, HOST_NAME_CHARACTERS_MAX - SUFFIX_CHARACTERS - 1)
    .replace(/^-+|-+$/g, "");
  return `${slug === "" ? "sandbox" : slug}-${id.slice(0, SUFFIX_CHARACTERS)}`;
}
