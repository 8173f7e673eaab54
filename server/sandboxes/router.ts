import { z } from "zod";
import type { Actor, FindEnrollment } from "../platform/actor";
import type { Clock } from "../platform/clock";
import { AppError } from "../platform/errors";
import type { DomainEvent, EventBus } from "../platform/events";
import type { AttemptLimit } from "../platform/rate-limits";
import { instructorProcedure, router, signedInProcedure } from "../platform/trpc";
import { latestOf } from "../platform/latest-of";
import { idSchema, slugSchema, type CapacityView, type Profile, type SandboxView } from "../protocol";

export interface SandboxesRouterDeps {
  readonly findEnrollment: FindEnrollment;
  /** What a lab needs that the enrollment's workshop has. @throws AppError `lab.not-found` */
  readonly findLabProfile: (enrollmentId: string, labId: string) => Promise<Profile>;
  readonly requestSandbox: (enrollmentId: string, wanted?: Profile) => Promise<void>;
  /** As seen by somebody who wants `wanted`; by default what was asked for last. */
  readonly readView: (enrollmentId: string, wanted?: Profile) => Promise<SandboxView>;
  readonly readCapacity: () => Promise<CapacityView>;
  readonly resetSandbox: (
    actor: Actor,
    reset: { readonly enrollmentId: string; readonly keepsHome: boolean },
  ) => Promise<void>;
  readonly replaceSandbox: (actor: Actor, enrollmentId: string) => Promise<void>;
  readonly changeProfile: (
    actor: Actor,
    change: { readonly enrollmentId: string; readonly profile: Profile },
  ) => Promise<void>;
  readonly withdrawChange: (actor: Actor, enrollmentId: string) => Promise<void>;
  /** Of resets, replacements and changes, by enrollment: each takes cores that others wait for. */
  readonly changeLimit: AttemptLimit;
  /** Says that the attendee is here, which renews the lease and keeps the sandbox awake. */
  readonly touch: (enrollmentId: string) => void;
  readonly events: EventBus;
  readonly clock: Clock;
}

const cohortInput = z.object({ cohortId: idSchema });
/** Of the lab that the reader is at. */
const labInput = cohortInput.extend({ labId: slugSchema.optional() });
const changeInput = labInput.required();
const resetInput = cohortInput.extend({ keepsHome: z.boolean() });

/** A watched view is read again at least this often, whatever events say. */
const RESYNC_MS = 15_000;

export function createSandboxesRouter(deps: SandboxesRouterDeps) {
  const enrollmentOf = async (actor: Actor, cohortId: string): Promise<string> => {
    const grant = await deps.findEnrollment(actor, cohortId);
    if (grant === undefined) throw new AppError("cohort.not-found", "actor has no enrollment in it");
    return grant.enrollmentId;
  };
  const wantedOf = async (enrollmentId: string, labId: string | undefined): Promise<Profile | undefined> =>
    labId === undefined ? undefined : deps.findLabProfile(enrollmentId, labId);
  return router({
    request: signedInProcedure.input(labInput).mutation(async ({ ctx, input }) => {
      const enrollmentId = await enrollmentOf(ctx.actor, input.cohortId);
      const wanted = await wantedOf(enrollmentId, input.labId);
      await deps.requestSandbox(enrollmentId, wanted);
      return deps.readView(enrollmentId, wanted);
    }),
    reset: signedInProcedure.input(resetInput).mutation(async ({ ctx, input }) => {
      const enrollmentId = await enrollmentOf(ctx.actor, input.cohortId);
      await deps.changeLimit.takeAttempt(enrollmentId);
      await deps.resetSandbox(ctx.actor, { enrollmentId, keepsHome: input.keepsHome });
      return deps.readView(enrollmentId);
    }),
    replace: signedInProcedure.input(cohortInput).mutation(async ({ ctx, input }) => {
      const enrollmentId = await enrollmentOf(ctx.actor, input.cohortId);
      await deps.changeLimit.takeAttempt(enrollmentId);
      await deps.replaceSandbox(ctx.actor, enrollmentId);
      return deps.readView(enrollmentId);
    }),
    changeProfile: signedInProcedure.input(changeInput).mutation(async ({ ctx, input }) => {
      const enrollmentId = await enrollmentOf(ctx.actor, input.cohortId);
      const profile = await deps.findLabProfile(enrollmentId, input.labId);
      await deps.changeLimit.takeAttempt(enrollmentId);
      await deps.changeProfile(ctx.actor, { enrollmentId, profile });
      return deps.readView(enrollmentId, profile);
    }),
    withdrawChange: signedInProcedure.input(cohortInput).mutation(async ({ ctx, input }) => {
      const enrollmentId = await enrollmentOf(ctx.actor, input.cohortId);
      await deps.withdrawChange(ctx.actor, enrollmentId);
      return deps.readView(enrollmentId);
    }),
    capacity: instructorProcedure.query(() => deps.readCapacity()),
    watch: signedInProcedure.input(labInput).subscription(async function* ({ ctx, input, signal }) {
      const enrollmentId = await enrollmentOf(ctx.actor, input.cohortId);
      const wanted = await wantedOf(enrollmentId, input.labId);
      // Visiting is asking, and wakes; but after a failure the attendee decides.
      const { state } = await deps.readView(enrollmentId);
      if (state === "none" || state === "asleep") await deps.requestSandbox(enrollmentId, wanted);
      yield* latestOf({
        read: async () => {
          deps.touch(enrollmentId);
          return deps.readView(enrollmentId, wanted);
        },
        isRelevant: (event) => concerns(event, enrollmentId),
        events: deps.events,
        clock: deps.clock,
        resyncMs: RESYNC_MS,
        ...(signal ? { signal } : {}),
      });
    }),
  });
}

function concerns(event: DomainEvent, enrollmentId: string): boolean {
  if (event.kind === "sandbox.changed") return event.enrollmentId === enrollmentId;
  return event.kind === "queue.changed" || event.kind === "events.resynced";
}
