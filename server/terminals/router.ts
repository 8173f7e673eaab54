import { z } from "zod";
import { COLUMNS_MAX, idSchema, ROWS_MAX, type TerminalView } from "../protocol";
import type { Actor, FindEnrollment } from "../platform/actor";
import { AppError } from "../platform/errors";
import { router, signedInProcedure } from "../platform/trpc";
import type { SandboxId } from "../sandboxes/sandbox";
import type { AgentTerminal, SandboxAgent } from "../sandboxes/sandbox-agent";
import type { TicketStore } from "./ticket-store";

export interface TerminalsRouterDependencies {
  readonly findEnrollment: FindEnrollment;
  /** The sandbox that an enrollment can use right now. */
  readonly findSandboxId: (enrollmentId: string) => Promise<SandboxId | undefined>;
  readonly agent: SandboxAgent;
  readonly tickets: TicketStore;
}

const CALL_TIMEOUT_MS = 15_000;
const cohortInput = z.object({ cohortId: idSchema });
const openInput = cohortInput.extend({
  columns: z.number().int().min(2).max(COLUMNS_MAX),
  rows: z.number().int().min(1).max(ROWS_MAX),
});
const terminalInput = cohortInput.extend({ terminalId: z.string().regex(/^[0-9a-zA-Z-]{1,64}$/) });

/** The terminals of the caller's own sandbox. */
export function createTerminalsRouter(dependencies: TerminalsRouterDependencies) {
  const { agent, tickets } = dependencies;
  const whereOf = (actor: Actor, cohortId: string) => findSandbox(dependencies, actor, cohortId);
  return router({
    list: signedInProcedure.input(cohortInput).query(async ({ ctx, input }) => {
      const { sandboxId } = await whereOf(ctx.actor, input.cohortId);
      return (await agent.listTerminals(sandboxId, deadline())).map(viewOf);
    }),
    open: signedInProcedure.input(openInput).mutation(async ({ ctx, input }) => {
      const { sandboxId } = await whereOf(ctx.actor, input.cohortId);
      return viewOf(await agent.openTerminal(sandboxId, input, deadline()));
    }),
    close: signedInProcedure.input(terminalInput).mutation(async ({ ctx, input }) => {
      const { sandboxId } = await whereOf(ctx.actor, input.cohortId);
      await agent.closeTerminal(sandboxId, input.terminalId, deadline());
    }),
    issueTicket: signedInProcedure.input(terminalInput).mutation(async ({ ctx, input }) => {
      const { enrollmentId, sandboxId } = await whereOf(ctx.actor, input.cohortId);
      const { terminalId } = input;
      const terminals = await agent.listTerminals(sandboxId, deadline());
      if (!terminals.some((terminal) => terminal.terminalId === terminalId)) {
        throw new AppError("terminal.not-found", "not a terminal of the caller's sandbox");
      }
      const { accountId } = ctx.actor;
      return {
        ticket: await tickets.create({ accountId, enrollmentId, sandboxId, terminalId, isReadOnly: false }),
      };
    }),
  });
}

/** @throws AppError `cohort.not-found` without an enrollment · `sandbox.not-ready` without a usable sandbox */
async function findSandbox(
  { findEnrollment, findSandboxId }: TerminalsRouterDependencies,
  actor: Actor,
  cohortId: string,
): Promise<{ enrollmentId: string; sandboxId: SandboxId }> {
  const enrollment = await findEnrollment(actor, cohortId);
  if (enrollment === undefined) throw new AppError("cohort.not-found", "not enrolled");
  const sandboxId = await findSandboxId(enrollment.enrollmentId);
  if (sandboxId === undefined)
    throw new AppError("sandbox.not-ready", "the enrollment has no usable sandbox");
  return { enrollmentId: enrollment.enrollmentId, sandboxId };
}

function viewOf({ terminalId, title, openedAtMs, isExited }: AgentTerminal): TerminalView {
  return { terminalId, title, openedAt: new Date(openedAtMs), isExited };
}

function deadline(): AbortSignal {
  return AbortSignal.timeout(CALL_TIMEOUT_MS);
}
