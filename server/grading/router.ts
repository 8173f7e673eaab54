import { z } from "zod";
import type { Actor } from "../platform/actor";
import type { Clock } from "../platform/clock";
import type { EventBus } from "../platform/events";
import { latestOf } from "../platform/latest-of";
import { router, signedInProcedure } from "../platform/trpc";
import { idSchema, slugSchema } from "../protocol";
import type { SandboxId } from "../sandboxes/sandbox";
import type { AttemptStore } from "./attempt-store";
import type { AutomaticChecker } from "./automatic-checker";
import { findLabOfCohort, findOwnStep, type CohortLab, type FindLabDeps } from "./find-lab-session";
import { attemptViewOf, labViewOf, progressViewOf } from "./lab-view";
import type { StepRunner } from "./run-step-checks";

export interface GradingRouterDeps extends FindLabDeps {
  readonly store: AttemptStore;
  readonly runner: StepRunner;
  readonly checker: Pick<AutomaticChecker, "watch" | "noteOpenStep">;
  readonly findSandboxId: (enrollmentId: string) => Promise<SandboxId | undefined>;
  readonly events: EventBus;
  readonly clock: Clock;
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
}

const labInput = z.object({ cohortId: idSchema, labId: slugSchema });
const stepInput = z.object({ labSessionId: idSchema, stepId: slugSchema });

/** A watched lab is read again at least this often, whatever events say. */
const RESYNC_MS = 15_000;

export function createGradingRouter(deps: GradingRouterDeps) {
  const { store, events, clock, checker } = deps;
  return router({
    lab: signedInProcedure.input(labInput).query(async ({ ctx, input }) => {
      const found = await findLabOfCohort(deps, ctx.actor, input);
      const { labSession, steps, lastAttempts } = await readState(deps, found);
      const { workshop, lab } = found;
      const place = workshop.labs.indexOf(lab);
      const nextLabId = workshop.labs[place + 1]?.labId ?? null;
      return labViewOf({ lab, workshopTitle: workshop.title, nextLabId, labSession, steps, lastAttempts });
    }),

    watchLab: signedInProcedure.input(labInput).subscription(async function* ({ ctx, input, signal }) {
      const found = await findLabOfCohort(deps, ctx.actor, input);
      const { enrollmentId, lab } = found;
      const labSession = await store.openLabSession(enrollmentId, lab.labId);
      const release = checker.watch({ labSession, lab });
      try {
        yield* latestOf({
          read: async () => progressViewOf({ lab, ...(await readState(deps, found)) }),
          isRelevant: (event) =>
            event.kind === "events.resynced" ||
            (event.kind === "progress.changed" &&
              event.enrollmentId === enrollmentId &&
              event.labId === lab.labId),
          events,
          clock,
          resyncMs: RESYNC_MS,
          ...(signal ? { signal } : {}),
        });
      } finally {
        release();
      }
    }),

    runChecks: signedInProcedure.input(stepInput).mutation(async ({ ctx, input }) => {
      const { labSession, lab, step } = await findOwnStep(deps, ctx.actor, input);
      const sandboxId = await deps.findSandboxId(labSession.enrollmentId);
      return attemptViewOf(await deps.runner.run({ labSession, lab, step, sandboxId }, deps.signal));
    }),

    openStep: signedInProcedure.input(stepInput).mutation(async ({ ctx, input }) => {
      const { labSession, step } = await findOwnStep(deps, ctx.actor, input);
      const isFirstTime = await store.openStep(labSession.labSessionId, step.stepId);
      checker.noteOpenStep(labSession.labSessionId, step.stepId);
      if (isFirstTime) await publishProgress(events, labSession);
    }),

    revealHint: signedInProcedure.input(stepInput).mutation(async ({ ctx, input }) => {
      const { step, labSession } = await findOwnStep(deps, ctx.actor, input);
      const count = await store.revealHint(
        { ...input, labSessionId: labSession.labSessionId },
        step.hints.length,
      );
      return { hints: step.hints.slice(0, count) };
    }),

    revealSolution: signedInProcedure.input(stepInput).mutation(async ({ ctx, input }) => {
      const solution = await revealSolution(deps, ctx.actor, input);
      return { solution };
    }),
  });
}

async function readState({ store }: GradingRouterDeps, { enrollmentId, lab }: CohortLab) {
  const labSession = await store.openLabSession(enrollmentId, lab.labId);
  const [steps, lastAttempts] = await Promise.all([
    store.listSteps(labSession.labSessionId),
    store.listLastAttempts(labSession.labSessionId),
  ]);
  return { labSession, steps, lastAttempts };
}

/** Null when the author gave none: nothing is noted then. */
async function revealSolution(
  deps: GradingRouterDeps,
  actor: Actor,
  input: z.output<typeof stepInput>,
): Promise<string | null> {
  const { labSession, step } = await findOwnStep(deps, actor, input);
  if (step.solution === null) return null;
  await deps.store.revealSolution(labSession.labSessionId, step.stepId, new Date(deps.clock.nowMs()));
  return step.solution;
}

function publishProgress(
  events: EventBus,
  { enrollmentId, labId }: { readonly enrollmentId: string; readonly labId: string },
): Promise<void> {
  return events.publish({ kind: "progress.changed", enrollmentId, labId });
}
