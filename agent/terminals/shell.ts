import { readdir, readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import path from "node:path";
import { spawn, type IPty } from "node-pty";
import { commandLineAs, environmentOf, type Account } from "../account";
import type { Size } from "./evicted-screen";
import { PtyReader } from "./pty-reader";
import type { ReadingThread } from "./reading-thread";

export interface ShellExit {
  readonly exitCode: number;
  readonly signal: number;
}

/** A program on a pseudo-terminal. */
export interface Shell {
  /** Name of the program in the foreground; the shell's own while it waits for a command. */
  readonly title: string;
  /** The bytes are the listener's until it returns. */
  onOutput(listener: (bytes: Buffer) => void): void;
  onExit(listener: (exit: ShellExit) => void): void;
  /** Calls back once the bytes have been taken by the terminal's input queue. */
  write(bytes: Uint8Array, onTaken: () => void): void;
  resize(size: Size): void;
  pause(): void;
  resume(): void;
  /** Ends the shell and everything in its session; resolves when all of it is gone. Idempotent. */
  end(): Promise<void>;
}

export type OpenShell = (size: Size) => Shell;

const SHELL_NAME = "bash";
/** What a terminal runs for its first milliseconds: see `commandLineAs`. */
const SWITCH_NAME = "setpriv";
/** A shell that ignores the hang-up is killed after this long. */
const HANGUP_MS = 1_000;
const GONE_POLL_MS = 20;
const GONE_MS_MAX = 5_000;

export interface ShellOptions {
  readonly account: Account;
  readonly searchPath: string;
  /** Shared by all shells. */
  readonly readingThread: ReadingThread;
}

/** How login shells of `account` are opened. */
export function createOpenShell({ account, searchPath, readingThread }: ShellOptions): OpenShell {
  return (size) => {
    const [file, ...rest] = commandLineAs(account, ["/bin/bash", "-l"]);
    const pty = spawn(file, rest, {
      name: "xterm-256color",
      cols: size.columns,
      rows: size.rows,
      cwd: account.home,
      env: environmentOf(account, searchPath),
      encoding: null,
    });
    return new PtyShell(pty, readingThread);
  };
}

class PtyShell implements Shell {
  readonly #pty: IPty;
  readonly #socket: Socket;
  readonly #reader: PtyReader;
  #onOutput: (bytes: Buffer) => void = () => undefined;
  #exit: ShellExit | undefined;
  #ending: Promise<void> | undefined;

  constructor(pty: IPty, readingThread: ReadingThread) {
    this.#pty = pty;
    // node-pty offers no way to learn when a write has been taken, nor to read more than 4 KiB: what is below it does.
    const { _socket: socket, fd } = pty as unknown as { readonly _socket: Socket; readonly fd: number };
    this.#socket = socket;
    this.#reader = new PtyReader({ stream: socket, fd }, readingThread, (bytes) => {
      this.#onOutput(bytes);
    });
    this.#socket.on("error", () => undefined);
    pty.onExit(({ exitCode, signal }) => (this.#exit = { exitCode, signal: signal ?? 0 }));
  }

  get title(): string {
    // A closed terminal has no foreground, and its descriptor may be another's by now.
    if (this.#exit !== undefined || this.#ending !== undefined) return SHELL_NAME;
    const name = path.basename(this.#pty.process).replace(/^-/, "").slice(0, 64);
    return name === "" || name === SWITCH_NAME ? SHELL_NAME : name;
  }

  onOutput(listener: (bytes: Buffer) => void): void {
    this.#onOutput = listener;
  }

  onExit(listener: (exit: ShellExit) => void): void {
    this.#pty.onExit(({ exitCode, signal }) => {
      listener({ exitCode, signal: signal ?? 0 });
    });
  }

  write(bytes: Uint8Array, onTaken: () => void): void {
    if (this.#exit === undefined && !this.#socket.destroyed) this.#socket.write(bytes, onTaken);
  }

  resize(size: Size): void {
    if (this.#exit === undefined && !this.#socket.destroyed) this.#pty.resize(size.columns, size.rows);
  }

  pause(): void {
    this.#reader.pause();
  }

  resume(): void {
    this.#reader.resume();
  }

  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    // Closing the master hangs up the foreground; SIGHUP alone was seen to leave shells behind.
    this.#socket.destroy();
    const session = this.#pty.pid;
    signalAll([-session, session], "SIGHUP");
    const hangUpAt = Date.now() + HANGUP_MS;
    const deadline = Date.now() + GONE_MS_MAX;
    for (;;) {
      const members = await membersOfSession(session);
      if (members.length === 0 || Date.now() > deadline) return;
      if (Date.now() > hangUpAt) signalAll(members, "SIGKILL");
      else signalAll(members, "SIGHUP");
      await new Promise((resolve) => setTimeout(resolve, GONE_POLL_MS));
    }
  }
}

function signalAll(pids: readonly number[], signal: "SIGHUP" | "SIGKILL"): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended in the meantime.
    }
  }
}

/** Live processes of a session, found in /proc; background jobs have process groups of their own. */
async function membersOfSession(session: number): Promise<number[]> {
  const names = await readdir("/proc").catch(() => []);
  const found = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readSession));
  return found
    .filter((entry) => entry?.session === session && entry.state !== "Z")
    .map((entry) => entry?.pid ?? 0);
}

async function readSession(
  pid: string,
): Promise<{ pid: number; session: number; state: string } | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The name in brackets may hold anything: what follows its last bracket is state, ppid, pgrp, session.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, , , session] = fields;
  return state === undefined || session === undefined
    ? undefined
    : { pid: Number(pid), session: Number(session), state };
}
