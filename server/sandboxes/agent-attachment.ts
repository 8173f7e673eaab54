import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { FRAME_BYTES_MAX } from "../protocol/terminal-frames";
import { abortWithin } from "../platform/abort-signals";
import { AppError } from "../platform/errors";
import { dialWithin, explainFailure, type DialAgent } from "./agent-http";
import type { AgentAttachment, AttachRequest } from "./sandbox-agent";

const OPEN_TIMEOUT_MS = 5_000;
/** The agent pings every 15 s: after two silent intervals and a half it is gone. */
const SILENCE_MS_MAX = 40_000;
/** Frames that arrive before a listener is set. */
const EARLY_FRAMES_MAX = 256;

/**
 * Attaches to a terminal over a fresh stream.
 * @throws AppError `terminal.not-found` · `agent.unreachable` · `agent.misbehaved` · `wait.aborted` · what `dial` throws
 */
export async function attachToAgent(
  dial: DialAgent,
  token: string,
  { request, signal }: { readonly request: AttachRequest; readonly signal: AbortSignal },
): Promise<AgentAttachment> {
  const limited = abortWithin(signal, OPEN_TIMEOUT_MS);
  let stream: Duplex | undefined;
  try {
    stream = await dialWithin(dial, limited);
    return await openSocket(stream, token, { request, signal: limited });
  } catch (caught) {
    stream?.destroy();
    throw explainFailure(caught, { signal, limited });
  }
}

function openSocket(
  stream: Duplex,
  token: string,
  { request, signal }: { readonly request: AttachRequest; readonly signal: AbortSignal },
): Promise<AgentAttachment> {
  const query = new URLSearchParams({
    clientId: request.clientId,
    readOnly: String(request.isReadOnly),
    ...(request.offset === null ? {} : { offset: String(request.offset) }),
  });
  const terminal = encodeURIComponent(request.terminalId);
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://agent/v1/terminals/${terminal}/attach?${query.toString()}`, {
      createConnection: () => stream,
      headers: { authorization: `Bearer ${token}` },
      perMessageDeflate: false,
      maxPayload: FRAME_BYTES_MAX,
      followRedirects: false,
    });
    const attachment = new SocketAttachment(socket);
    const abort = (): void => {
      reject(new Error("aborted while attaching"));
      socket.terminate();
    };
    signal.addEventListener("abort", abort, { once: true });
    socket.once("error", reject);
    socket.once("unexpected-response", (_, response) => {
      const code = response.statusCode === 404 ? "terminal.not-found" : "agent.misbehaved";
      reject(new AppError(code, `attach: the agent answered ${response.statusCode ?? 0}`));
      stream.destroy();
    });
    socket.once("open", () => {
      signal.removeEventListener("abort", abort);
      resolve(attachment);
    });
  });
}

class SocketAttachment implements AgentAttachment {
  readonly #socket: WebSocket;
  #onFrame: ((frame: Uint8Array) => void) | undefined;
  #early: Buffer[] = [];
  #watchdog: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("error", () => {
      socket.terminate();
    });
    socket.on("open", () => {
      this.#watchdog = setTimeout(() => {
        socket.terminate();
      }, SILENCE_MS_MAX);
    });
    socket.on("close", () => {
      clearTimeout(this.#watchdog);
    });
    socket.on("ping", () => this.#watchdog?.refresh());
    socket.on("message", (message: Buffer, isBinary) => {
      this.#receive(message, isBinary);
    });
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: Uint8Array): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(frame);
  }

  onFrame(listener: (frame: Uint8Array) => void): void {
    this.#onFrame = listener;
    for (const frame of this.#early.splice(0)) listener(frame);
  }

  onClose(listener: (reason: { readonly code: number; readonly text: string }) => void): void {
    if (this.#socket.readyState === WebSocket.CLOSED) {
      listener({ code: 1006, text: "" });
      return;
    }
    this.#socket.once("close", (code, reason) => {
      listener({ code, text: reason.toString().slice(0, 200) });
    });
  }

  close(): void {
    clearTimeout(this.#watchdog);
    // Nobody waits for the agent to agree: it may be hostile or gone.
    this.#socket.close();
    setImmediate(() => {
      this.#socket.terminate();
    });
  }

  #receive(message: Buffer, isBinary: boolean): void {
    const isFlood = this.#onFrame === undefined && this.#early.length >= EARLY_FRAMES_MAX;
    if (!isBinary || isFlood) this.#socket.terminate();
    else if (this.#onFrame === undefined) this.#early.push(message);
    else this.#onFrame(message);
  }
}
