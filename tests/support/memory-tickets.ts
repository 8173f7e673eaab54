import { randomUUID } from "node:crypto";
import type { TicketGrant, TicketStore } from "../../server/terminals/ticket-store";

/** Tickets in memory, single use, without a life time. */
export function createMemoryTickets(): TicketStore {
  const grants = new Map<string, TicketGrant>();
  return {
    async create(grant) {
      const ticket = randomUUID();
      grants.set(ticket, grant);
      return ticket;
    },
    async redeem(ticket) {
      const grant = grants.get(ticket);
      grants.delete(ticket);
      return grant;
    },
  };
}
