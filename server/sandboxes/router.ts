import { z } from "zod";
import type { Actor, FindEnrollment } from "../platform/actor";
import type { Clock } from "../platform/clock";
import { AppError } from "../platform/errors";
import type { DomainEvent, EventBus } from "../platform/events";
import { instructorProcedure, router, signedInProcedure } from "../platform/trpc";
import { latestOf } from "../platform/latest-of";
import { idSchema, type CapacityView, type SandboxView } from "../protocol";

export interface SandboxesRouterDeps {
  readonly findEnrollment: FindEnrollment;
  readonly requestSandbox: (enrollmentId: string) => Promise<void>;
  readonly readView: (enrollmentId: string) => Promise<SandboxView>;
  readonly readCapacity: () => Promise<CapacityView>;
  readonly resetSandbox: (
    actor: Actor,
    reset: { readonly enrollmentId: string; readonly keepsHome: boolean },
  ) => Promise<void>;
  readonly replaceSandbox: (actor: Actor, enrollmentId: string) => Promise<void>;
  /** Says that the attendee is here, which renews the lease and keeps the sandbox awake. */
  readonly touch: (enrollmentId: string) => void;
  readonly events: EventBus;
  readonly clock: Clock;
}

const cohortInput = z.object({ cohortId: idSchema });
const resetInput = cohortInput.extend({ keepsHome: z.boolean() });

/** A watched view is read again at least this often, whatever events say. */
const RESYNC_MS = 15_000;

export function createSandboxesRouter(deps: SandboxesRouterDeps) {
  const enrollmentOf = async (actor: Actor, cohortId: string): Promise<string> => {
    const grant = await deps.findEnrollment(actor, cohortId);
    if (grant === undefined) throw new AppError("cohort.not-found", "actor has no enrollment in it");
    return grant.enrollmentId;
  };
  return router({
    request: signedInProcedure.input(cohortInput).mutation(async ({ ctx, input }) => {
      const enrollmentId = await enrollmentOf(ctx.actor, input.cohortId);
      await deps.requestSandbox(enrollmentId);
      return deps.readView(enrollmentId);
    }),
    reset: signedInProcedure.input(resetInput).mutation(async ({ ctx, input }) => {
      const enrollmentId = await enrollmentOf(ctx.actor, input.cohortId);
      await deps.resetSandbox(ctx.actor, { enrollmentId, keepsHome: input.keepsHome });
      return deps.readView(enrollmentId);
    }),
    replace: signedInProcedure.input(cohortInput).mutation(async ({ ctx, input }) => {
      const enrollmentId = await enrollmentOf(ctx.actor, input.cohortId);
      await deps.replaceSandbox(ctx.actor, enrollmentId);
      return deps.readView(enrollmentId);
    }),
    capacity: instructorProcedure.query(() => deps.readCapacity()),
    watch: signedInProcedure.input(cohortInput).subscription(async function* ({ ctx, input, signal }) {
      const enrollmentId = await enrollmentOf(ctx.actor, input.cohortId);
      // Visiting is asking, and wakes; but after a failure the attendee decides.
      const { state } = await deps.readView(enrollmentId);
      if (state === "none" || state === "asleep") await deps.requestSandbox(enrollmentId);
      yield* latestOf({
        read: async () => {
          deps.touch(enrollmentId);
          return deps.readView(enrollmentId);
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
