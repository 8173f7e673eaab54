import type { Actor } from "../platform/actor";
import type { ViewerView } from "../protocol/views";
import type { AccountStore } from "./account-store";

/** Who is signed in, for the header of every page; null when nobody is. */
export const readViewer =
  (deps: { readonly accounts: Pick<AccountStore, "findSummary"> }) =>
  async (actor: Actor | null): Promise<ViewerView | null> => {
    if (actor === null) return null;
    return (await deps.accounts.findSummary(actor.accountId)) ?? null;
  };
