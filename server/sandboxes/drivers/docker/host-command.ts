import { execFile } from "node:child_process";
import { AppError } from "../../../platform/errors";

/** Enough of what a command said to see why it failed. */
const TAIL_CHARS = 4_096;
const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Runs a program of this machine, found in the system's folders whatever this process's own PATH is, and answers its output.
 *
 * @throws AppError `driver.unreachable` when it is missing, fails, or takes longer than `timeoutMs`.
 */
export function runOnHost(argv: readonly [string, ...string[]], timeoutMs = 30_000): Promise<string> {
  const args = [`PATH=${SYSTEM_PATH}`, "LANG=C.UTF-8", ...argv];
  return new Promise((resolve, reject) => {
    execFile("/usr/bin/env", args, { timeout: timeoutMs, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
        return;
      }
      const said = (stderr || error.message).trim().slice(-TAIL_CHARS);
      reject(new AppError("driver.unreachable", `${argv.join(" ")}: ${said}`, { cause: error }));
    });
  });
}
