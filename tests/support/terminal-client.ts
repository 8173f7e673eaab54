import { randomUUID } from "node:crypto";
import WebSocket from "ws";
import { decodeAgentFrame, encodeAck, encodeInput } from "../../server/protocol";
import type { ApiClient } from "./api-client";

/** A terminal as a browser has it, without the screen: acknowledges what arrives and keeps its text. */
export interface TerminalClient {
  readonly terminalId: string;
  /** Output offset after the last byte that arrived. */
  readonly offset: () => number;
  /** Resolves with the close code when the socket has ended. */
  readonly closed: Promise<number>;
  type(text: string): void;
  /** Resolves when `pattern` has appeared in what arrived since the last call. */
  waitFor(pattern: RegExp, timeoutMs?: number): Promise<string>;
  close(): void;
}

export interface OpenTerminalOptions {
  readonly cohortId: string;
  /** An existing terminal; by default a new one. */
  readonly terminalId?: string;
  /** Where to go on; by default the whole screen is sent. */
  readonly offset?: number;
}

/** Gets a ticket and attaches, as the lab page does. */
export async function openTerminal(
  client: ApiClient,
  { cohortId, ...options }: OpenTerminalOptions,
): Promise<TerminalClient> {
  const terminalId =
    options.terminalId ??
    (await client.api.terminals.open.mutate({ cohortId, columns: 100, rows: 30 })).terminalId;
  const { ticket } = await client.api.terminals.issueTicket.mutate({ cohortId, terminalId });
  const socket = new WebSocket(`${client.url.replace(/^http/, "ws")}/ws/terminal`, {
    headers: client.headers(),
  });
  let text = "";
  let typed = 0;
  let offset = options.offset ?? 0;
  let check = (): void => undefined;
  const decoder = new TextDecoder();
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    const frame = isBinary ? decodeAgentFrame(data) : undefined;
    if (frame?.type !== "output" && frame?.type !== "screen") return;
    text += decoder.decode(frame.bytes, { stream: true });
    offset = frame.offset + (frame.type === "output" ? frame.bytes.length : 0);
    socket.send(encodeAck(offset));
    check();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("open", () => {
      socket.send(JSON.stringify({ ticket, clientId: randomUUID(), offset: options.offset ?? null }));
      resolve();
    });
  });
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  socket.on("error", () => undefined);
  return {
    terminalId,
    closed,
    offset: () => offset,
    type: (input) => {
      const bytes = new TextEncoder().encode(input);
      socket.send(encodeInput(typed, bytes));
      typed += bytes.length;
    },
    waitFor: (pattern, timeoutMs = 15_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(
            new Error(
              `${String(pattern)} did not appear in ${timeoutMs} ms; the end of what did: ${JSON.stringify(text.slice(-500))}`,
            ),
          );
        }, timeoutMs);
        check = () => {
          if (!pattern.test(text)) return;
          clearTimeout(timer);
          check = () => undefined;
          const seen = text;
          text = "";
          resolve(seen);
        };
        check();
      }),
    close: () => {
      socket.close();
    },
  };
}
