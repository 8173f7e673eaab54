import { createHash, randomBytes } from "node:crypto";
import type { Database } from "../platform/database/database";
import type { SandboxId } from "../sandboxes/sandbox";

/** What a ticket lets its account do, once. */
export interface TicketGrant {
  readonly accountId: string;
  readonly enrollmentId: string;
  readonly sandboxId: SandboxId;
  readonly terminalId: string;
  readonly isReadOnly: boolean;
}

/** Single-use tickets to attach to one terminal. Only their hashes are stored. */
export interface TicketStore {
  /** A new ticket, good for 30 s by the database's clock. */
  create(grant: TicketGrant): Promise<string>;
  /** Uses a ticket up. Undefined when it is unknown, expired or used: of several at once, one gets the grant. */
  redeem(ticket: string): Promise<TicketGrant | undefined>;
}

/** 128 bits: nobody guesses one within its life. */
const TICKET_BYTES = 16;
const LIFE_SECONDS = 30;

/** Tickets in Postgres, so that any replica redeems what another has issued. */
export function createTicketStore(database: Database): TicketStore {
  return {
    async create(grant) {
      const ticket = randomBytes(TICKET_BYTES).toString("base64url");
      await database.$executeRaw`delete from "TerminalTicket" where "expiresAt" < now() - interval '1 minute'`;
      await database.$executeRaw`
        insert into "TerminalTicket"
          ("tokenHash", "accountId", "enrollmentId", "sandboxId", "terminalId", "isReadOnly", "expiresAt")
        values (${hashOf(ticket)}, ${grant.accountId}::uuid, ${grant.enrollmentId}::uuid, ${grant.sandboxId}::uuid,
          ${grant.terminalId}, ${grant.isReadOnly}, now() + make_interval(secs => ${LIFE_SECONDS}))`;
      return ticket;
    },
    async redeem(ticket) {
      const rows = await database.$queryRaw<(TicketGrant & { isAlive: boolean })[]>`
        delete from "TerminalTicket" where "tokenHash" = ${hashOf(ticket)}
        returning "accountId", "enrollmentId", "sandboxId", "terminalId", "isReadOnly", "expiresAt" > now() as "isAlive"`;
      const [row] = rows;
      if (row?.isAlive !== true) return undefined;
      const { accountId, enrollmentId, sandboxId, terminalId, isReadOnly } = row;
      return { accountId, enrollmentId, sandboxId, terminalId, isReadOnly };
    },
  };
}

function hashOf(ticket: string): string {
  return createHash("sha256").update(ticket).digest("hex");
}
