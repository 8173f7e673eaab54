import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import {
  decodeAgentFrame,
  encodeAck,
  OUTPUT_BYTES_MAX,
  UNACKED_BYTES_MAX,
} from "../../server/protocol/terminal-frames";
import type { Shell } from "./shell";
import { Terminal } from "./terminal";

const PIECE = Buffer.from(`${"x".repeat(4_093)}\r\n`);

/** A shell that writes when it is told to. */
class ToldShell implements Shell {
  readonly title = "told";
  isPaused = false;
  #listener: (bytes: Buffer) => void = () => undefined;
  onOutput(listener: (bytes: Buffer) => void): void {
    this.#listener = listener;
  }
  onExit(): void {
    return;
  }
  write(_: Uint8Array, onTaken: () => void): void {
    onTaken();
  }
  resize(): void {
    return;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  end(): Promise<void> {
    return Promise.resolve();
  }
  /** Writes `length` bytes in the pieces that the kernel hands out. */
  print(length: number): void {
    for (let left = length; left > 0; left -= PIECE.length) this.#listener(PIECE.subarray(0, left));
  }
}

let server: WebSocketServer;
let page: WebSocket;
let shell: ToldShell;
let terminal: Terminal;
let frames: { offset: number; length: number; wireLength: number }[];

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  await once(server, "listening");
  shell = new ToldShell();
  terminal = new Terminal("a-terminal", shell, { columns: 80, rows: 24 });
  server.on("connection", (socket) => {
    terminal.attach({ socket, clientId: "a-page", offset: 0, isReadOnly: false });
  });
  page = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  frames = [];
  const attached = new Promise<void>((resolve) => {
    page.on("message", (message: Buffer) => {
      const frame = decodeAgentFrame(message);
      if (frame?.type === "resized") resolve();
      if (frame?.type !== "output") return;
      frames.push({ offset: frame.offset, length: frame.bytes.length, wireLength: message.length + 4 });
    });
  });
  await attached;
});
afterEach(async () => {
  page.terminate();
  await terminal.close();
  server.close();
});

/** Resolves when the page has all bytes before `offset`. */
async function received(offset: number): Promise<void> {
  while (frames.reduce((sum, { length }) => sum + length, 0) < offset) await once(page, "message");
}

describe("Terminal", () => {
  it("sends the first bytes at once, then whole frames of 64 KiB, then what is left", async () => {
    shell.print(5);
    shell.print(2 * OUTPUT_BYTES_MAX + 20_000);
    await received(2 * OUTPUT_BYTES_MAX + 20_005);
    expect(frames.map(({ length }) => length)).toEqual([5, OUTPUT_BYTES_MAX, OUTPUT_BYTES_MAX, 20_000]);
    expect(frames[1]?.wireLength).toBe(64 * 1024);
  });

  it("sends no more than the window, and lets the shell run on when the page has rendered", async () => {
    shell.print(UNACKED_BYTES_MAX);
    await received(UNACKED_BYTES_MAX - OUTPUT_BYTES_MAX);
    expect(shell.isPaused).toBe(true);
    const sentBytes = frames.reduce((sum, { length }) => sum + length, 0);
    expect(sentBytes).toBeLessThanOrEqual(UNACKED_BYTES_MAX);
    page.send(encodeAck(sentBytes));
    await received(UNACKED_BYTES_MAX);
    expect(shell.isPaused).toBe(false);
  });
});
