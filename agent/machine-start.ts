import { readFile } from "node:fs/promises";
import os from "node:os";

/** Ticks of `/proc/<pid>/stat` in a second: fixed on Linux. See proc(5), sysconf(_SC_CLK_TCK). */
const TICKS_PER_SECOND = 100;

/**
 * When this machine's first process started (epoch milliseconds), to a hundredth of a second. An agent may start again while the
 * machine goes on. Where there is no /proc, this process's own start.
 */
export async function readMachineStart(): Promise<number> {
  const stat = await readFile("/proc/1/stat", "utf8").catch(() => "");
  // The name in brackets may hold anything: field 22 of proc(5) is the 20th after it.
  const ticks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  const ageSeconds = Number.isFinite(ticks) ? os.uptime() - ticks / TICKS_PER_SECOND : process.uptime();
  return Date.now() - Math.max(ageSeconds, 0) * 1_000;
}
