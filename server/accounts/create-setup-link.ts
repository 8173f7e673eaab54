import type { Clock } from "../platform/clock";
import type { SetupLinkStore } from "./setup-link-store";
import { hashSetupToken, newSetupToken } from "./setup-token";

const LINK_MS = 24 * 3_600_000;

/**
 * Makes the one-time link for the first admin and resolves its token, to be printed as `/setup#<token>`; resolves
 * undefined when there is an admin already, unless `isAnother` asks for one more. Each call ends the links before it: only the newest
 * one on screen works.
 */
export const createSetupLink =
  (deps: { readonly setupLinks: SetupLinkStore; readonly clock: Clock }) =>
  async ({ isAnother = false }: { readonly isAnother?: boolean } = {}): Promise<string | undefined> => {
    if (!isAnother && (await deps.setupLinks.hasAdmin())) return undefined;
    const token = newSetupToken();
    const nowMs = deps.clock.nowMs();
    await deps.setupLinks.replaceLink({
      ...{ tokenHash: hashSetupToken(token), role: "admin", accountId: null, createdById: null },
      now: new Date(nowMs),
      expiresAt: new Date(nowMs + LINK_MS),
    });
    return token;
  };
