import { readSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { OUTPUT_BYTES_MAX } from "../../server/protocol/terminal-frames";
import { ReadAhead } from "./read-ahead";
import type { Loan } from "./reading-thread";

/** What the thread of `ReadingThread` runs: reads what it is lent for as long as it flows, and says when there is something to take. */

/** With the kernel's slack of 50 µs this is half the time in which a program fills the pseudo-terminal's 12 KiB and has to wait. */
const QUIET_MS = 0.02;
/** Some 15 ms. */
const QUIET_POLLS_MAX = 200;
/** An agent that takes nothing for so long has been told to wait, and may have to for hours. */
const FULL_MS_MAX = 100;
/** Nobody ever changes it: to wait for time alone. */
const nothing = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

// Every look at an empty terminal throws; without a stack that takes half the time.
Error.stackTraceLimit = 0;
const port = parentPort;
port?.on("message", ({ fd, memory }: Loan) => {
  const ahead = new ReadAhead(memory);
  if (!ahead.accept()) return;
  try {
    readWhileItFlows(fd, ahead);
  } finally {
    ahead.letGo();
    port.postMessage(null);
  }
});

function readWhileItFlows(fd: number, ahead: ReadAhead): void {
  const tell = (): void => {
    if (ahead.takeAwaited()) port?.postMessage(null);
  };
  for (let quietPolls = 0; quietPolls < QUIET_POLLS_MAX && !ahead.isRecalled;) {
    const { room } = ahead;
    if (room.length === 0) {
      tell();
      if (!ahead.waitForRoom(FULL_MS_MAX)) return;
      continue;
    }
    const byteCount = readInto(fd, room);
    if (byteCount === undefined) return;
    ahead.fill(byteCount);
    if (byteCount > 0) {
      quietPolls = 0;
      if (ahead.waitingBytes >= OUTPUT_BYTES_MAX) tell();
    } else {
      quietPolls += 1;
      if (ahead.waitingBytes > 0) tell();
      Atomics.wait(nothing, 0, 0, QUIET_MS);
    }
  }
}

/** @returns 0 while nothing is there; undefined at the end or an error, which the agent's own stream meets next */
function readInto(fd: number, room: Buffer): number | undefined {
  try {
    const byteCount = readSync(fd, room);
    return byteCount === 0 ? undefined : byteCount;
  } catch (caught) {
    return (caught as NodeJS.ErrnoException).code === "EAGAIN" ? 0 : undefined;
  }
}
