import superjson, { type SuperJSONResult } from "superjson";
import { takePageApi } from "@/app/_lib/api";
import { preloadTerminalLink } from "@/app/_terminal/load-terminal-link";
import { keepTicket } from "@/app/_terminal/tickets";
import type { TerminalView } from "@/server/protocol/views";
import type { HeadStart } from "./head-start-script";

/**
 * Brings what the page's inline script has asked for into the cache while the page wakes. What fails here is asked again
 * by whoever needs it, and told there.
 */
function takeHeadStart(): void {
  const early = (globalThis as { __slipwayHeadStart?: HeadStart }).__slipwayHeadStart;
  if (early === undefined) return;
  const { client, queryClient, options } = takePageApi();
  const address = { cohortId: early.cohortId, labId: early.labId };
  queryClient.query(options.accounts.viewer.queryOptions()).catch(() => undefined);
  const lab = options.grading.lab.queryOptions(address);
  type Lab = Awaited<ReturnType<typeof client.grading.lab.query>>;
  queryClient
    .query({
      ...lab,
      queryFn: () =>
        early.lab.then(
          (answer) => superjson.deserialize<Lab>(answer as SuperJSONResult),
          () => client.grading.lab.query(address),
        ),
    })
    .catch(() => undefined);
  void joinFirstTerminal(early);
}

/** Reloads and second tabs find their terminal there: it is joined before the sandbox has been heard of. */
async function joinFirstTerminal(early: HeadStart): Promise<void> {
  const { queryClient, options } = takePageApi();
  try {
    const answer = (await early.terminals) as SuperJSONResult;
    const terminals = superjson.deserialize<TerminalView[]>(answer);
    const terminalId = terminals[0]?.terminalId;
    if (terminalId === undefined) return;
    const ticket = early.ticket.then(
      (issued) => superjson.deserialize<{ ticket: string }>(issued as SuperJSONResult).ticket,
    );
    keepTicket({ terminalId, issuedAtMs: early.startedAtMs, ticket });
    queryClient.setQueryData(options.terminals.list.queryKey({ cohortId: early.cohortId }), terminals);
  } catch {
    // There is no sandbox yet: the page hears of it when there is one.
  }
}

if (typeof window !== "undefined") {
  // Also for whoever comes from another page of ours, which has asked for nothing ahead.
  preloadTerminalLink();
  takeHeadStart();
}
