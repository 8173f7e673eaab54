import { AsyncLocalStorage } from "node:async_hooks";
import { spawn, type ChildProcess } from "node:child_process";

/** Enough of a failed command's output to see why it failed. */
const TAIL_CHARS = 4_096;

export interface RunCommandOptions {
  /** The command and everything that it started are killed after this long. */
  readonly timeoutMs: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** True for what leaves a mess when it is cut short: an interruption waits for it. */
  readonly mustFinish?: boolean;
}

interface Running {
  readonly argv: readonly string[];
  readonly child: ChildProcess;
  readonly mustFinish: boolean;
  /** Groups are killed whole; what shares this process's terminal is in its group, and Ctrl-C has reached it already. */
  readonly isGroup: boolean;
}

const running = new Set<Running>();
/** The work that a command belongs to; once that is over, it starts no more. */
export const commandsOf = new AsyncLocalStorage<{ readonly isOver: boolean }>();
/** Between asking a command to end and killing it. */
const END_MS = 5_000;

/** A command that did not end with 0. Prints itself so that it can be pasted into a shell. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
  readonly argv: readonly string[];
  readonly exitCode: number | null;
  /** The last 4 KiB of both outputs. */
  readonly tail: string;

  constructor(argv: readonly string[], exitCode: number | null, tail: string) {
    super(`${argv.map(quote).join(" ")} ended with ${exitCode ?? "its deadline"}:\n${tail.trim()}`);
    this.argv = argv;
    this.exitCode = exitCode;
    this.tail = tail;
  }
}

/**
 * Runs a command without a shell and returns its standard output.
 *
 * @throws CommandFailed when it cannot be started, ends with another code than 0, or outlives its deadline.
 */
export async function runCommand(
  argv: readonly [string, ...string[]],
  { timeoutMs, env, cwd, mustFinish = false }: RunCommandOptions,
): Promise<string> {
  assertMayStart(argv);
  const child = spawn(argv[0], argv.slice(1), {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: { ...process.env, ...env },
    ...(cwd !== undefined && { cwd }),
  });
  const entry = note({ argv, child, mustFinish, isGroup: true });
  let stdout = "";
  let tail = "";
  const remember = (chunk: Buffer): void => {
    tail = (tail + chunk.toString()).slice(-TAIL_CHARS);
  };
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    remember(chunk);
  });
  child.stderr.on("data", remember);
  const deadline = setTimeout(() => {
    end(entry, "SIGKILL");
  }, timeoutMs);
  const exitCode = await new Promise<number | null>((resolve) => {
    child.once("error", (error) => {
      tail += error.message;
      resolve(127);
    });
    child.once("close", resolve);
  });
  clearTimeout(deadline);
  if (exitCode !== 0) throw new CommandFailed(argv, exitCode, tail);
  return stdout;
}

/** Runs a program on this terminal; answers its exit code, 127 when it cannot be started. */
export async function runHere(
  argv: readonly [string, ...string[]],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<number> {
  assertMayStart(argv);
  const child = spawn(argv[0], argv.slice(1), {
    ...{ cwd, stdio: ["ignore", "inherit", "inherit"] },
    env: { ...process.env, ...env },
  });
  note({ argv, child, mustFinish: false, isGroup: false });
  return new Promise((resolve) => {
    child.on("error", () => {
      resolve(127);
    });
    child.on("exit", (code) => {
      resolve(code ?? 1);
    });
  });
}

/** Ends whatever is running here, and resolves when it has ended; what must finish is waited for. */
export async function endCommands(): Promise<void> {
  const entries = [...running];
  const ended = entries.map(({ child }) => new Promise<void>((resolve) => child.once("close", resolve)));
  for (const entry of entries) {
    if (entry.mustFinish) process.stderr.write(`  waiting for ${entry.argv.join(" ")}\n`);
    else end(entry, "SIGTERM");
  }
  const kill = setTimeout(() => {
    for (const entry of entries) if (!entry.mustFinish) end(entry, "SIGKILL");
  }, END_MS);
  await Promise.all(ended);
  clearTimeout(kill);
}

function assertMayStart(argv: readonly string[]): void {
  if (commandsOf.getStore()?.isOver === true) throw new CommandFailed(argv, null, "not started: interrupted");
}

function note(entry: Running): Running {
  running.add(entry);
  for (const event of ["close", "error"]) entry.child.once(event, () => running.delete(entry));
  return entry;
}

function end({ child, isGroup }: Running, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(isGroup ? -child.pid : child.pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
