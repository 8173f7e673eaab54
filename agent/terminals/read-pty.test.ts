import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import os from "node:os";
import path from "node:path";
import { spawn } from "node-pty";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OUTPUT_BYTES_MAX } from "../../server/protocol/terminal-frames";
import { readPty } from "./read-pty";

const text = randomBytes(3_000_000).toString("base64").replace(/.{76}/g, "$&\n");
let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "slipway-pty-"));
  file = path.join(folder, "text");
  await writeFile(file, text);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a script on a pseudo-terminal whose line ends stay as they are, until its output has ended. */
async function readAll(script: string, onChunk: (stream: Socket) => void = () => undefined) {
  const pty = spawn("/bin/sh", ["-c", `stty raw; ${script}`], { encoding: null });
  const { _socket: stream, fd } = pty as unknown as { _socket: Socket; fd: number };
  stream.on("error", () => undefined);
  const chunks: Buffer[] = [];
  readPty({ stream, fd }, (bytes) => {
    chunks.push(Buffer.from(bytes));
    onChunk(stream);
  });
  const exitCode = await new Promise<number>((resolve) => {
    pty.onExit((exit) => {
      resolve(exit.exitCode);
    });
  });
  return { exitCode, chunks, text: Buffer.concat(chunks).toString() };
}

describe("readPty", () => {
  it("hands on every byte in order, much of a flow at once, then the end", async () => {
    const seen = await readAll(`cat ${file}; exit 7`);
    expect(seen.text === text).toBe(true);
    expect(seen.exitCode).toBe(7);
    expect(Math.max(...seen.chunks.map(({ length }) => length))).toBeGreaterThan(8 * 1024);
    expect(Math.max(...seen.chunks.map(({ length }) => length))).toBeLessThanOrEqual(OUTPUT_BYTES_MAX);
  });

  it("keeps the order over pauses, while which the stream holds bytes of its own", async () => {
    let pauses = 0;
    const seen = await readAll(`cat ${file}`, (stream) => {
      if (Math.random() < 0.5) return;
      pauses += 1;
      stream.pause();
      setTimeout(() => stream.resume(), Math.random() * 3);
    });
    expect(seen.text === text).toBe(true);
    expect(pauses).toBeGreaterThan(10);
  });

  it("hands on nothing more at once after the listener has paused the stream", async () => {
    let chunksSincePause = 0;
    let most = 0;
    await readAll(`head -c 1000000 ${file}`, (stream) => {
      chunksSincePause = stream.isPaused() ? chunksSincePause + 1 : 1;
      most = Math.max(most, chunksSincePause);
      stream.pause();
      setImmediate(() => stream.resume());
    });
    expect(most).toBe(1);
  });
});
