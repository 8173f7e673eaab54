import type { IssueAuthSession } from "../accounts/auth-sessions";
import type { Actor } from "../platform/actor";
import {
  instructorProcedure,
  publicProcedure,
  router,
  signedInProcedure,
  type RequestContext,
} from "../platform/trpc";
import {
  cohortIdInput,
  createCohortInput,
  joinInput,
  rejoinInput,
  replaceJoinCodeInput,
  type CreateCohortInput,
  type JoinInput,
  type ReplaceJoinCodeInput,
} from "../protocol/inputs";
import type { CohortSummary, EnrollmentView, WorkshopSummary } from "../protocol/views";
import type { JoinedPerson } from "./join-cohort";
import type { ReadBoard } from "./read-board";
import type { WatchBoard } from "./watch-board";

export interface CohortsRouterDeps {
  readonly join: (input: JoinInput, actor: Actor | null, address: string) => Promise<JoinedPerson>;
  readonly rejoin: (code: string, address: string) => Promise<Omit<JoinedPerson, "rejoinCode">>;
  readonly readRejoinCode: (actor: Actor, cohortId: string) => Promise<{ rejoinCode: string }>;
  readonly readMine: (actor: Actor) => Promise<EnrollmentView[]>;
  readonly readEnrollment: (actor: Actor, cohortId: string) => Promise<EnrollmentView>;
  readonly listCohorts: (actor: Actor) => Promise<CohortSummary[]>;
  readonly listWorkshops: () => WorkshopSummary[];
  readonly createCohort: (actor: Actor, input: CreateCohortInput) => Promise<{ cohortId: string }>;
  readonly readBoard: ReadBoard;
  readonly watchBoard: WatchBoard;
  readonly replaceJoinCode: (actor: Actor, input: ReplaceJoinCodeInput) => Promise<{ code: string }>;
  readonly revokeJoinCode: (actor: Actor, cohortId: string) => Promise<void>;
  readonly issueAuthSession: IssueAuthSession;
}

/** The `cohorts.*` procedures. Codes travel in their stored form; pages group them by `formatCode`. */
export function createCohortsRouter(deps: CohortsRouterDeps) {
  const signIn = async (
    ctx: RequestContext,
    { account, until }: Pick<JoinedPerson, "account" | "until">,
  ): Promise<void> => {
    // Whoever may teach keeps the auth session that their password opened.
    if (account.role !== "attendee" && ctx.actor?.accountId === account.accountId) return;
    await deps.issueAuthSession(
      (header) => {
        ctx.setCookie(header);
      },
      account,
      until,
    );
  };
  return router({
    join: publicProcedure.input(joinInput).mutation(async ({ ctx, input }) => {
      const joined = await deps.join(input, ctx.actor, ctx.address);
      await signIn(ctx, joined);
      return { cohortId: joined.cohortId, rejoinCode: joined.rejoinCode };
    }),
    rejoin: publicProcedure.input(rejoinInput).mutation(async ({ ctx, input }) => {
      const rejoined = await deps.rejoin(input.code, ctx.address);
      await signIn(ctx, rejoined);
      return { cohortId: rejoined.cohortId };
    }),
    rejoinCode: signedInProcedure
      .input(cohortIdInput)
      .query(({ ctx, input }) => deps.readRejoinCode(ctx.actor, input.cohortId)),
    mine: signedInProcedure.query(({ ctx }) => deps.readMine(ctx.actor)),
    enrollment: signedInProcedure
      .input(cohortIdInput)
      .query(({ ctx, input }) => deps.readEnrollment(ctx.actor, input.cohortId)),
    list: instructorProcedure.query(({ ctx }) => deps.listCohorts(ctx.actor)),
    workshops: instructorProcedure.query(() => deps.listWorkshops()),
    create: instructorProcedure
      .input(createCohortInput)
      .mutation(({ ctx, input }) => deps.createCohort(ctx.actor, input)),
    board: instructorProcedure
      .input(cohortIdInput)
      .query(({ ctx, input }) => deps.readBoard(ctx.actor, input.cohortId)),
    watchBoard: instructorProcedure.input(cohortIdInput).subscription(async function* ({
      ctx,
      input,
      signal,
    }) {
      yield* deps.watchBoard(ctx.actor, input.cohortId, signal ?? new AbortController().signal);
    }),
    replaceJoinCode: instructorProcedure
      .input(replaceJoinCodeInput)
      .mutation(({ ctx, input }) => deps.replaceJoinCode(ctx.actor, input)),
    revokeJoinCode: instructorProcedure
      .input(cohortIdInput)
      .mutation(({ ctx, input }) => deps.revokeJoinCode(ctx.actor, input.cohortId)),
  });
}
