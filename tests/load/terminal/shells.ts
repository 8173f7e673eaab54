import { randomUUID } from "node:crypto";
import WebSocket from "ws";
import {
  ACK_EVERY_BYTES,
  decodeAgentFrame,
  encodeAck,
  encodeInput,
} from "../../../server/protocol/terminal-frames";
import type { ShellStream } from "./shell-stream";

/** A shell of the bare server. */
export async function openBareShell(url: string): Promise<ShellStream> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  let listener: (bytes: Buffer) => void = () => undefined;
  socket.on("message", (message: Buffer) => {
    listener(message);
  });
  await opened(socket);
  return {
    type: (text) => {
      socket.send(text);
    },
    onOutput: (next) => (listener = next),
    close: () => {
      socket.close();
    },
  };
}

export interface GatewayShell extends ShellStream {
  /** Stops reading from the network, as a browser that hangs does. */
  stall(): void;
}

/** A terminal through the gateway, with the browser's protocol: acknowledges as the page does. */
export async function openGatewayShell(origin: string, ticket: string): Promise<GatewayShell> {
  const socket = new WebSocket(`${origin.replace("http", "ws")}/ws/terminal`, {
    perMessageDeflate: false,
    headers: { origin, cookie: "bench" },
  });
  let listener: (bytes: Buffer) => void = () => undefined;
  let typed = 0;
  let ackedOffset = 0;
  let received = 0;
  let ackTimer: NodeJS.Immediate | undefined;
  const acknowledge = (): void => {
    ackTimer = undefined;
    ackedOffset = received;
    socket.send(encodeAck(received));
  };
  const attached = new Promise<void>((resolve, reject) => {
    socket.on("close", (code, reason) => {
      reject(new Error(`closed: ${code} ${reason.toString()}`));
    });
    socket.on("message", (message: Buffer) => {
      const frame = decodeAgentFrame(message);
      if (frame?.type === "attached") resolve();
      if (frame?.type !== "output") return;
      received = frame.offset + frame.bytes.length;
      if (received - ackedOffset >= ACK_EVERY_BYTES) acknowledge();
      else ackTimer ??= setImmediate(acknowledge);
      listener(message.subarray(9));
    });
  });
  await opened(socket);
  socket.send(JSON.stringify({ ticket, clientId: randomUUID(), offset: null }));
  await attached;
  return {
    type: (text) => {
      const bytes = Buffer.from(text);
      socket.send(encodeInput(typed, bytes));
      typed += bytes.length;
    },
    onOutput: (next) => (listener = next),
    close: () => {
      socket.close();
    },
    stall: () => {
      socket.pause();
    },
  };
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
}
