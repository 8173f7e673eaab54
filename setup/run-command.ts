import { spawn } from "node:child_process";

/** Enough of a failed command's output to see why it failed. */
const TAIL_CHARS = 4_096;

export interface RunCommandOptions {
  /** The command and everything that it started are killed after this long. */
  readonly timeoutMs: number;
  readonly env?: Readonly<Record<string, string>>;
}

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
  { timeoutMs, env }: RunCommandOptions,
): Promise<string> {
  const child = spawn(argv[0], argv.slice(1), {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: { ...process.env, ...env },
  });
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
    killGroup(child.pid);
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

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended between the deadline and now.
  }
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
