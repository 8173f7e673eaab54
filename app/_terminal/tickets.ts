import type { PageApi } from "@/app/_lib/api";

/** Tickets are good for 30 s; one that waited this long is left to expire. */
const FRESH_MS = 15_000;

interface KeptTicket {
  readonly terminalId: string;
  /** By the page's own clock, `performance.now()`. */
  readonly issuedAtMs: number;
  readonly ticket: Promise<string>;
}

let kept: KeptTicket | undefined;

/** Keeps a ticket that was asked for before there was a screen to use it. It serves one `takeTicket`. */
export function keepTicket(ticket: KeptTicket): void {
  ticket.ticket.catch(() => undefined);
  kept = ticket;
}

/** A single-use ticket for one connection to the terminal: the kept one, else a new one. Rejects as the API does. */
export async function takeTicket(
  client: PageApi["client"],
  address: { readonly cohortId: string; readonly terminalId: string },
): Promise<string> {
  const waiting = kept;
  if (waiting?.terminalId === address.terminalId) {
    kept = undefined;
    const ticket = await waiting.ticket.catch(() => undefined);
    if (ticket !== undefined && performance.now() - waiting.issuedAtMs < FRESH_MS) return ticket;
  }
  return (await client.terminals.issueTicket.mutate(address)).ticket;
}
