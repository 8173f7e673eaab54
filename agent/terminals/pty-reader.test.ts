import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { spawn } from "node-pty";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { OUTPUT_BYTES_MAX } from "../../server/protocol/terminal-frames";
import { PtyReader } from "./pty-reader";
import { READ_AHEAD_BYTES, type ReadAhead } from "./read-ahead";
import { ReadingThread } from "./reading-thread";

const text = randomBytes(6_000_000).toString("base64").replace(/.{76}/g, "$&\n");
const noThread = new ReadingThread(new URL("data:text/javascript,throw new Error('no thread')"));
const deadlyThread = new ReadingThread(
  new URL(
    "data:text/javascript,import w from 'node:worker_threads'; w.parentPort.on('message', () => process.exit())",
  ),
);
class CountingThread extends ReadingThread {
  loans = 0;

  override lend(fd: number, onNews: () => void): ReadAhead | undefined {
    const ahead = super.lend(fd, onNews);
    if (ahead !== undefined) this.loans += 1;
    return ahead;
  }
}

let folder: string;
let file: string;
let threadFile: URL;
let thread: CountingThread;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "slipway-pty-"));
  file = path.join(folder, "text");
  await writeFile(file, text);
  const outfile = path.join(folder, "reading-thread.mjs");
  const entryPoints = [path.join(import.meta.dirname, "reading-thread-main.ts")];
  await build({ entryPoints, outfile, bundle: true, platform: "node", format: "esm" });
  threadFile = pathToFileURL(outfile);
  thread = new CountingThread(threadFile);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Reading {
  readonly chunks: readonly Buffer[];
  readonly reader: PtyReader;
  readonly stream: Socket;
  type(text: string): void;
  readonly exitCode: Promise<number>;
}

/** Runs a script on a pseudo-terminal whose line ends stay as they are. */
function read(
  script: string,
  { by = thread, onChunk }: { by?: ReadingThread; onChunk?: (reader: PtyReader) => void } = {},
): Reading {
  const pty = spawn("/bin/sh", ["-c", `stty raw -echo; ${script}`], { encoding: null });
  const { _socket: stream, fd } = pty as unknown as { _socket: Socket; fd: number };
  stream.on("error", () => undefined);
  const chunks: Buffer[] = [];
  const reader: PtyReader = new PtyReader({ stream, fd }, by, (bytes) => {
    chunks.push(Buffer.from(bytes));
    onChunk?.(reader);
  });
  const exitCode = new Promise<number>((resolve) => {
    pty.onExit((exit) => {
      resolve(exit.exitCode);
    });
  });
  const type = (typed: string): void => {
    pty.write(typed);
  };
  return { chunks, reader, stream, type, exitCode };
}

const countThreads = async (): Promise<number> => (await readdir("/proc/self/task")).length;

const textOf = ({ chunks }: Reading): string => Buffer.concat(chunks).toString();

describe.each([
  { name: "with its thread", of: () => thread },
  { name: "without a thread", of: () => noThread },
  { name: "with a thread that dies", of: () => deadlyThread },
])("PtyReader $name", ({ of }) => {
  it("hands on every byte in order, much of a flow at once, then the end", async () => {
    const reading = read(`cat ${file} ${file}; exit 7`, { by: of() });
    expect(await reading.exitCode).toBe(7);
    expect(textOf(reading) === text + text).toBe(true);
    const longest = Math.max(...reading.chunks.map(({ length }) => length));
    expect(longest).toBeGreaterThan(8 * 1024);
    expect(longest).toBeLessThanOrEqual(OUTPUT_BYTES_MAX);
  });

  it("keeps the order over pauses", async () => {
    let pauses = 0;
    const reading = read(`cat ${file}`, {
      by: of(),
      onChunk: (reader) => {
        if (Math.random() < 0.7) return;
        pauses += 1;
        reader.pause();
        setTimeout(() => {
          reader.resume();
        }, Math.random() * 3);
      },
    });
    await reading.exitCode;
    expect(textOf(reading) === text).toBe(true);
    expect(pauses).toBeGreaterThan(10);
  });

  it("hands on nothing more at once after the listener has paused it", async () => {
    let chunksSincePause = 0;
    let most = 0;
    let isPaused = false;
    const reading = read(`head -c 4000000 ${file}`, {
      by: of(),
      onChunk: (reader) => {
        chunksSincePause = isPaused ? chunksSincePause + 1 : 1;
        most = Math.max(most, chunksSincePause);
        isPaused = true;
        reader.pause();
        setImmediate(() => {
          isPaused = false;
          reader.resume();
        });
      },
    });
    await reading.exitCode;
    expect(most).toBe(1);
  });

  it("hands on what a program wrote that ends while nobody may be handed anything", async () => {
    const reading = read(`echo ready; read answer; head -c 8000 ${file}`, {
      by: of(),
      onChunk: (reader) => {
        reader.pause();
      },
    });
    await vi.waitUntil(() => reading.chunks.length === 1);
    reading.type("go\n");
    await reading.exitCode;
    expect(textOf(reading) === `ready\n${text.slice(0, 8_000)}`).toBe(true);
  });
});

describe("PtyReader and its thread", () => {
  it("leaves a flood to the thread, and takes the terminal back when it is over", async () => {
    const before = thread.loans;
    const reading = read(`cat ${file} ${file}; read answer; echo "you said $answer"`);
    await vi.waitUntil(() => textOf(reading).length === 2 * text.length, { timeout: 20_000 });
    expect(thread.loans).toBeGreaterThan(before);
    reading.type("yes\n");
    await reading.exitCode;
    expect(textOf(reading).endsWith("you said yes\n")).toBe(true);
  });

  it("does not start a thread for a page of text", async () => {
    const before = thread.loans;
    const reading = read(`head -c 500000 ${file}`);
    await reading.exitCode;
    expect(textOf(reading)).toHaveLength(500_000);
    expect(thread.loans).toBe(before);
  });

  it("reads two floods at once, one of them by itself", async () => {
    const readings = [read(`cat ${file} ${file}`), read(`cat ${file} ${file}`)];
    await Promise.all(readings.map(({ exitCode }) => exitCode));
    for (const reading of readings) expect(textOf(reading) === text + text).toBe(true);
  });

  it("keeps little of a flood that nobody takes, and the thread is free for another", async () => {
    const before = thread.loans;
    let isStopped = false;
    const stopped = read("yes", {
      onChunk: (reader) => {
        if (thread.loans === before) return;
        isStopped = true;
        reader.pause();
      },
    });
    await vi.waitUntil(() => isStopped, { timeout: 20_000 });
    const { length } = stopped.chunks;
    const other = read(`cat ${file} ${file}`);
    await other.exitCode;
    expect(textOf(other) === text + text).toBe(true);
    expect(thread.loans).toBeGreaterThan(before + 1);
    expect(stopped.chunks).toHaveLength(length);
    stopped.stream.destroy();
    await stopped.exitCode;
    const rest = Buffer.concat(stopped.chunks.slice(length)).length;
    expect(rest).toBeLessThanOrEqual(READ_AHEAD_BYTES + OUTPUT_BYTES_MAX);
    expect(/^(y\n)+y?$/.test(textOf(stopped))).toBe(true);
  });

  it("lets the thread go before the descriptor is closed, whenever that is", async () => {
    for (let round = 0; round < 30; round += 1) {
      const before = thread.loans;
      const reading = read("yes");
      await vi.waitUntil(() => thread.loans > before, { timeout: 20_000, interval: 1 });
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
      reading.stream.destroy();
      const { length } = reading.chunks;
      // Another terminal gets the number of the descriptor that was just closed: nothing of it may be missing.
      const next = read("echo nothing is missing");
      await Promise.all([reading.exitCode, next.exitCode]);
      expect(textOf(next)).toBe("nothing is missing\n");
      expect(reading.chunks).toHaveLength(length);
    }
  });

  it("ends the thread while nothing floods, and starts another for the next flood", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const own = new CountingThread(threadFile);
      await read(`cat ${file} ${file}`, { by: own }).exitCode;
      expect(own.loans).toBeGreaterThan(0);
      const threads = await countThreads();
      vi.advanceTimersByTime(10_000);
      await vi.waitUntil(async () => (await countThreads()) === threads - 1, { timeout: 20_000 });
      const before = own.loans;
      const again = read(`cat ${file} ${file}`, { by: own });
      await again.exitCode;
      expect(textOf(again) === text + text).toBe(true);
      expect(own.loans).toBeGreaterThan(before);
      vi.advanceTimersByTime(10_000);
    } finally {
      vi.useRealTimers();
    }
  });
});
