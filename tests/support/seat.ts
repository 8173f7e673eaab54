import { expect } from "vitest";
import type { AttemptView } from "../../server/protocol";
import { joinAs, untilSandboxReady, type Attendee } from "./attendee";
import { openTerminal, type TerminalClient } from "./terminal-client";

/** An attendee in their sandbox, with a terminal open, and the step that they have checked. */
export interface Seat {
  readonly attendee: Attendee;
  readonly labSessionId: string;
  readonly stepId: string;
  terminal: TerminalClient;
}

interface SeatOptions {
  readonly labId: string;
  readonly stepId: string;
  readonly startMsMax?: number;
}

/** Joins, asks for the sandbox that the lab needs, and resolves at its prompt. */
export async function takeSeat(
  name: string,
  place: { readonly url: string; readonly joinCode: string },
  { labId, stepId, startMsMax }: SeatOptions,
): Promise<Seat> {
  const attendee = await joinAs(name, place);
  const { cohortId } = attendee;
  await attendee.api.sandboxes.request.mutate({ cohortId, labId });
  await untilSandboxReady(attendee, startMsMax);
  const { labSessionId } = await attendee.api.grading.lab.query({ cohortId, labId });
  return { attendee, labSessionId, stepId, terminal: await openPrompt(attendee) };
}

/** A new terminal, at its prompt. */
export async function openPrompt(attendee: Attendee): Promise<TerminalClient> {
  const terminal = await openTerminal(attendee, { cohortId: attendee.cohortId });
  await terminal.waitFor(/\$ $/);
  return terminal;
}

export function runChecks({ attendee, labSessionId, stepId }: Seat): Promise<AttemptView> {
  return attendee.api.grading.runChecks.mutate({ labSessionId, stepId });
}

/** What somebody notices who types, or has their work checked, beside a sandbox that is being hurt. */
interface Patience {
  readonly echoMsMax: number;
  readonly checkMsMax: number;
}

/**
 * Lets `fault` happen while the neighbour types and has a step checked that they have not done; answers what `fault` does. Fails when the
 * neighbour noticed.
 */
export async function besideNeighbour<Value>(
  neighbour: Seat,
  { echoMsMax, checkMsMax }: Patience,
  fault: Promise<Value>,
): Promise<Value> {
  const over = new AbortController();
  const end = (): void => {
    over.abort();
  };
  void fault.then(end, end);
  const echoesMs: number[] = [];
  const startedAtMs = performance.now();
  const { checks } = await runChecks(neighbour);
  const checkMs = performance.now() - startedAtMs;
  do echoesMs.push(await measureEcho(neighbour.terminal, echoMsMax * 5));
  while (!over.signal.aborted);
  expect(new Set(checks.map(({ verdict }) => verdict))).toEqual(new Set(["failed"]));
  expect(checkMs).toBeLessThan(checkMsMax);
  expect(Math.max(...echoesMs)).toBeLessThan(echoMsMax);
  return fault;
}

let echoCount = 1_000;

async function measureEcho(terminal: TerminalClient, timeoutMs: number): Promise<number> {
  echoCount += 1;
  const startedAtMs = performance.now();
  // What is typed does not hold what is waited for.
  terminal.type(`echo n-$((${echoCount}+1000))\n`);
  await terminal.waitFor(new RegExp(`n-${echoCount + 1_000}`), timeoutMs);
  return performance.now() - startedAtMs;
}
