import { spawn } from "node:child_process";
import { commandLineAs, environmentOf, type Account } from "./account";

const TIMEOUT_MS = 20_000;
const COMPLAINT_LENGTH_MAX = 1_000;

/** Runs one short program as `account`, feeding it `input`. `exitCode` is null when it had to be killed. Rejects when it cannot start. */
export async function runAs(
  { account, searchPath }: { readonly account: Account; readonly searchPath: string },
  command: readonly string[],
  input: Buffer = Buffer.alloc(0),
): Promise<{ readonly exitCode: number | null; readonly complaint: string }> {
  const [program, ...rest] = commandLineAs(account, command);
  const child = spawn(program, rest, {
    cwd: "/",
    env: environmentOf(account, searchPath),
    stdio: ["pipe", "ignore", "pipe"],
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(0, COMPLAINT_LENGTH_MAX);
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { exitCode, complaint };
}
