import { spawn } from "node:child_process";
import { z } from "zod";
import { commandLineAs, environmentOf, type Account } from "./account";

export const commandSchema = z.object({
  script: z.string().max(256 * 1024),
  user: z.enum(["attendee", "root"]),
  timeoutMs: z.number().int().min(1).max(300_000),
});

export interface CommandAnswer {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const OUTPUT_BYTES_MAX = 64 * 1024;
const ROOT: Account = { name: "root", home: "/root", switchTo: null, environment: new Map() };

/**
 * Runs a script that bash reads from its standard input. At the timeout, and when `signal` aborts, the whole process group
 * is killed; the exit code is then null.
 */
export async function runCommand(
  command: z.output<typeof commandSchema>,
  context: { readonly account: Account; readonly searchPath: string; readonly signal: AbortSignal },
): Promise<CommandAnswer> {
  const account = command.user === "root" && context.account.switchTo !== null ? ROOT : context.account;
  const [file, ...rest] = commandLineAs(account, ["/bin/bash", "-s"]);
  const child = spawn(file, rest, {
    cwd: account.home,
    env: environmentOf(account, context.searchPath),
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const killed = new AbortController();
  const kill = (): void => {
    killed.abort();
    killGroup(child.pid);
    // A daemon that left the group may keep the pipes open.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const timer = setTimeout(kill, command.timeoutMs);
  context.signal.addEventListener("abort", kill, { once: true });
  child.stdin.on("error", () => undefined);
  child.stdin.end(command.script);
  const exitCode = await new Promise<number | null>((resolve) => {
    child.on("error", () => {
      resolve(127);
    });
    child.on("close", (code, signal) => {
      resolve(code ?? (signal === null ? null : 128));
    });
  });
  clearTimeout(timer);
  context.signal.removeEventListener("abort", kill);
  killGroup(child.pid);
  return { exitCode: killed.signal.aborted ? null : exitCode, stdout: stdout(), stderr: stderr() };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on("data", (chunk: Buffer) => {
    const part = chunk.subarray(0, OUTPUT_BYTES_MAX - length);
    length += part.length;
    if (part.length > 0) chunks.push(part);
  });
  return () => Buffer.concat(chunks).toString();
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody is left in the group.
  }
}
