import type { Actor } from "../platform/actor";
import { adminProcedure, publicProcedure, router, signedInProcedure } from "../platform/trpc";
import {
  accountIdInput,
  changeStaffInput,
  redeemSetupLinkInput,
  setPasswordInput,
  setupTokenInput,
} from "../protocol/inputs";
import type { ViewerView } from "../protocol/views";
import type { IssueAuthSession } from "./auth-sessions";
import type { ManageStaff } from "./manage-staff";
import type { RedeemSetupLink } from "./redeem-setup-link";

export interface AccountsRouterDeps {
  readonly readViewer: (actor: Actor | null) => Promise<ViewerView | null>;
  readonly redeem: RedeemSetupLink;
  readonly staff: ManageStaff;
  readonly signOutEverywhere: (actor: Actor) => Promise<void>;
  readonly issueAuthSession: IssueAuthSession;
}

/** The `accounts.*` procedures. */
export function createAccountsRouter({ redeem, staff, ...deps }: AccountsRouterDeps) {
  return router({
    viewer: publicProcedure.query(({ ctx }) => deps.readViewer(ctx.actor)),
    // No query: those carry their input in the address, and addresses are in proxies' logs.
    setupPurpose: publicProcedure
      .input(setupTokenInput)
      .mutation(({ ctx, input }) => redeem.readPurpose(input.token, ctx.address)),
    redeemSetupLink: publicProcedure.input(redeemSetupLinkInput).mutation(async ({ ctx, input }) => {
      const account = await redeem.makeAccount(input, ctx.address);
      await deps.issueAuthSession(ctx.setCookie, account);
    }),
    setPassword: publicProcedure.input(setPasswordInput).mutation(async ({ ctx, input }) => {
      const account = await redeem.setPassword(input, ctx.address);
      await deps.issueAuthSession(ctx.setCookie, account);
    }),
    signOutEverywhere: signedInProcedure.mutation(({ ctx }) => deps.signOutEverywhere(ctx.actor)),
    staff: adminProcedure.query(({ ctx }) => staff.list(ctx.actor)),
    inviteInstructor: adminProcedure.mutation(({ ctx }) => staff.invite(ctx.actor)),
    renewPassword: adminProcedure
      .input(accountIdInput)
      .mutation(({ ctx, input }) => staff.renewPassword(ctx.actor, input.accountId)),
    changeStaff: adminProcedure
      .input(changeStaffInput)
      .mutation(({ ctx, input }) => staff.change(ctx.actor, input)),
  });
}
