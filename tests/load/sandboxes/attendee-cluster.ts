import type { SandboxView } from "../../../server/protocol";
import { untilSandbox, type Attendee } from "../../support/attendee";
import { openTerminal, type TerminalClient } from "../../support/terminal-client";

const NODE_MS_MAX = 30_000;

/** Visits, and follows the attendee's sandbox until it can be used. @throws when it is one without a cluster */
export async function untilClusterReady(attendee: Attendee, timeoutMs = 120_000): Promise<void> {
  requireCluster(await untilSandbox(attendee, { state: "ready" }, timeoutMs));
}

/** @throws when the platform could not make one with a cluster any more and gave a lesser one */
export function requireCluster(view: SandboxView): void {
  const profile = "profile" in view ? view.profile : view.state;
  if (profile !== "kubernetes")
    throw new Error(`a sandbox with a cluster was wanted, but this is ${profile}`);
}

/** Opens a terminal, types `kubectl get nodes` at its prompt and returns when the screen says that the node is Ready. */
export async function untilNodesReady(attendee: Attendee): Promise<TerminalClient> {
  const terminal = await openTerminal(attendee, { cohortId: attendee.cohortId });
  await terminal.waitFor(/\$ $/);
  terminal.type("kubectl get nodes\r");
  await terminal.waitFor(/kind-control-plane\s+Ready\s/, NODE_MS_MAX);
  return terminal;
}

/** From the visit, in ms. */
export interface ReadyTimes {
  /** To a sandbox that is theirs. */
  readonly sandboxMs: number;
  /** To a prompt at which `kubectl get nodes` has said Ready. */
  readonly nodesMs: number;
}

/** Visits, and takes the time until the attendee has seen that their node is Ready. */
export async function measureUntilReady(attendee: Attendee): Promise<ReadyTimes> {
  const startedAtMs = performance.now();
  await untilClusterReady(attendee);
  const sandboxMs = performance.now() - startedAtMs;
  const terminal = await untilNodesReady(attendee);
  const nodesMs = performance.now() - startedAtMs;
  terminal.close();
  return { sandboxMs, nodesMs };
}
