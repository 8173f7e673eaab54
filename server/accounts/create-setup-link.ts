import { createHash, randomBytes } from "node:crypto";
import type { Clock } from "../platform/clock";
import type { SetupLinkStore } from "./setup-link-store";

/** 256 bit: guessing it is hopeless without any rate limit. */
const TOKEN_BYTES = 32;
const LINK_MS = 24 * 3_600_000;

/**
 * Makes the one-time link for the first admin and resolves its token, to be printed as `/setup#<token>`; resolves
 * undefined when there is an admin already. Each call ends the links before it: only the newest one on screen works.
 */
export const createSetupLink =
  (deps: { readonly setupLinks: SetupLinkStore; readonly clock: Clock }) =>
  async (): Promise<string | undefined> => {
    if (await deps.setupLinks.hasAdmin()) return undefined;
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    const nowMs = deps.clock.nowMs();
    await deps.setupLinks.replaceLink({
      tokenHash: hashSetupToken(token),
      now: new Date(nowMs),
      expiresAt: new Date(nowMs + LINK_MS),
    });
    return token;
  };

/** What is stored of a setup token. It is random, so a fast hash keeps it as well as a slow one. */
export function hashSetupToken(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
