import type { Actor } from "../platform/actor";
import { publicProcedure, router, signedInProcedure } from "../platform/trpc";
import { redeemSetupLinkInput, type RedeemSetupLinkInput } from "../protocol/inputs";
import type { ViewerView } from "../protocol/views";
import type { IssueAuthSession } from "./auth-sessions";

export interface AccountsRouterDeps {
  readonly readViewer: (actor: Actor | null) => Promise<ViewerView | null>;
  readonly redeemSetupLink: (
    input: RedeemSetupLinkInput,
    address: string,
  ) => Promise<{ accountId: string; role: "admin" }>;
  readonly signOutEverywhere: (actor: Actor) => Promise<void>;
  readonly issueAuthSession: IssueAuthSession;
}

/** The `accounts.*` procedures. */
export function createAccountsRouter(deps: AccountsRouterDeps) {
  return router({
    viewer: publicProcedure.query(({ ctx }) => deps.readViewer(ctx.actor)),
    redeemSetupLink: publicProcedure.input(redeemSetupLinkInput).mutation(async ({ ctx, input }) => {
      const account = await deps.redeemSetupLink(input, ctx.address);
      await deps.issueAuthSession((header) => {
        ctx.setCookie(header);
      }, account);
    }),
    signOutEverywhere: signedInProcedure.mutation(({ ctx }) => deps.signOutEverywhere(ctx.actor)),
  });
}
