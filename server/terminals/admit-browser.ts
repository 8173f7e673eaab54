import { z } from "zod";
import type { Actor } from "../platform/actor";
import { AppError } from "../platform/errors";
import type { AgentAttachment, SandboxAgent } from "../sandboxes/sandbox-agent";
import type { TicketGrant, TicketStore } from "./ticket-store";

/** What a browser says first, on a socket or as the body of a `connect`. */
export const helloSchema = z.strictObject({
  ticket: z.string().min(1).max(200),
  clientId: z.string().regex(/^[\w-]{1,64}$/),
  offset: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullable(),
});

/** Longest first message. */
export const HELLO_BYTES_MAX = 1_024;

export interface AdmitDependencies {
  readonly tickets: TicketStore;
  readonly agent: SandboxAgent;
}

export interface Admission {
  readonly grant: TicketGrant;
  readonly attachment: AgentAttachment;
}

/**
 * Uses the ticket up and attaches to its terminal. A ticket of another account is as good as none, and is used up.
 * @throws AppError `request.invalid` · `ticket.invalid` · what `SandboxAgent.attach` throws
 */
export async function admitBrowser(
  { tickets, agent }: AdmitDependencies,
  actor: Actor,
  { hello, signal }: { readonly hello: string; readonly signal: AbortSignal },
): Promise<Admission> {
  const { ticket, clientId, offset } = parseHello(hello);
  const grant = await tickets.redeem(ticket);
  if (grant === undefined || grant.accountId !== actor.accountId) {
    throw new AppError("ticket.invalid", "unknown, used, expired or another account's ticket");
  }
  const { terminalId, isReadOnly } = grant;
  const request = { terminalId, clientId, offset, isReadOnly };
  return { grant, attachment: await agent.attach(grant.sandboxId, request, signal) };
}

function parseHello(text: string): z.output<typeof helloSchema> {
  const parsed = text.length <= HELLO_BYTES_MAX ? helloSchema.safeParse(parseJson(text)) : undefined;
  if (parsed?.success !== true)
    throw new AppError("request.invalid", "the first message does not fit the protocol");
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
