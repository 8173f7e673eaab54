import type { PageApi } from "@/app/_lib/api";
import { keepTicket } from "./tickets";

/** Size of a terminal before its screen has measured itself. */
export const FIRST_SIZE = { columns: 100, rows: 30 };

/**
 * Asks for the sandbox of somebody who has just come in and, where one was waiting, opens its first terminal, while the page that will
 * show it loads. What fails here, or is not there yet, is asked for again by that page, and told there.
 */
export function openFirstTerminal({ client, queryClient, options }: PageApi, cohortId: string): void {
  const list = options.terminals.list.queryOptions({ cohortId });
  const open = async () => {
    const { state } = await client.sandboxes.request.mutate({ cohortId });
    if (state !== "ready") throw new Error("no sandbox yet");
    const terminals = await client.terminals.list.query({ cohortId });
    const first = terminals[0] ?? (await client.terminals.open.mutate({ cohortId, ...FIRST_SIZE }));
    const { terminalId } = first;
    const ticket = client.terminals.issueTicket.mutate({ cohortId, terminalId });
    keepTicket({
      ...{ terminalId, issuedAtMs: performance.now() },
      ticket: ticket.then((issued) => issued.ticket),
    });
    return terminals.length > 0 ? terminals : [first];
  };
  // In the cache under the page's own question: whoever asks it meanwhile waits for this answer.
  queryClient
    .query({ ...list, queryFn: open, retry: false })
    .catch(() => queryClient.resetQueries({ queryKey: list.queryKey, exact: true }));
}
