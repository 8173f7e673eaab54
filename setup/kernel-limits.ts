import { readFile } from "node:fs/promises";
import { asRoot } from "./root";
import { runCommand } from "./run-command";
import type { Report } from "./setup-problem";

/**
 * Kernel limits that are counted per machine while every sandbox takes from them: Debian's 128 inotify instances are
 * used up by a handful of inner engines and clusters, and 32,768 process ids, a small machine's, by four fork bombs in clusters.
 */
const MINIMA = {
  "fs.inotify.max_user_instances": 8_192,
  "fs.inotify.max_user_watches": 1_048_576,
  "kernel.pid_max": 1_048_576,
} as const;

/** Raises what is too low for many sandboxes. Where that is not allowed, it says so and goes on. */
export async function raiseKernelLimits(report: Report): Promise<void> {
  for (const [key, minimum] of Object.entries(MINIMA)) {
    const file = `/proc/sys/${key.replaceAll(".", "/")}`;
    const current = await readFile(file, "utf8").catch(() => undefined);
    if (current === undefined || Number(current) >= minimum) continue;
    const isRaised = await asRoot(["sysctl", "-q", "-w", `${key}=${minimum}`], "Raising kernel limits")
      .then((argv) => runCommand(argv, { timeoutMs: 5_000 }))
      .then(
        () => true,
        () => false,
      );
    if (!isRaised)
      report(`${key} is ${current.trim()} and could not be raised to ${minimum}: few sandboxes will fit`);
  }
}
