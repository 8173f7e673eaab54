import { performance } from "node:perf_hooks";
import { Interrupted } from "./interruption";
import { SetupProblem, type Report } from "./setup-problem";

const NAME_WIDTH = 16;
/** A stage that is silent for this long says that it is still at work. */
const STILL_AT_WORK_MS = 20_000;

/** Tells people on standard error what a stage does. */
export function say(stageName: string, text: string): void {
  process.stderr.write(`  ${stageName.padEnd(NAME_WIDTH)}${text}\n`);
}

/**
 * Runs one stage of the set-up and tells people on standard error what it does and what it took. A stage that finds its
 * work done already is one short line.
 */
export async function stage<Result>(
  name: string,
  work: (report: Report) => Promise<Result>,
): Promise<Result> {
  const startedAtMs = performance.now();
  let saidAtMs = startedAtMs;
  const report = (text: string): void => {
    saidAtMs = performance.now();
    say(name, text);
  };
  const reminder = setInterval(() => {
    if (performance.now() - saidAtMs >= STILL_AT_WORK_MS)
      report(`still at work after ${seconds(startedAtMs)}`);
  }, STILL_AT_WORK_MS);
  try {
    const result = await work(report);
    report(`ready in ${seconds(startedAtMs)}`);
    return result;
  } finally {
    clearInterval(reminder);
  }
}

/** Ends the program with a sentence and its remedy for what we foresaw, and with everything we know for what we did not. */
export function explain(caught: unknown): void {
  if (caught instanceof Interrupted) return;
  if (caught instanceof SetupProblem) {
    process.stderr.write(`\n${caught.message}\n${caught.remedy}\n`);
  } else if (isDiskFull(caught)) {
    process.stderr.write(
      `\nThe disk is full: ${caught instanceof Error ? caught.message : ""}.\nFree some and run this again; df -h shows where. SLIPWAY_DATA_DIR puts the platform's data on another disk.\n`,
    );
  } else {
    process.stderr.write(
      `\nThe set-up broke in a way that it does not know:\n${caught instanceof Error ? (caught.stack ?? caught.message) : String(caught)}\n`,
    );
  }
}

/** At any depth: libraries and the engine wrap it. */
function isDiskFull(caught: unknown): boolean {
  if (!(caught instanceof Error)) return false;
  const isMeant =
    ("code" in caught && caught.code === "ENOSPC") || /no space left on device/i.test(caught.message);
  return isMeant || isDiskFull(caught.cause);
}

/** Runs a program of the set-up to its end: tells what went wrong, and sets the exit code. */
export async function runProgram(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (caught) {
    explain(caught);
    // What was cut short may still be at work in this process.
    if (caught instanceof Interrupted) process.exit(caught.exitCode);
    process.exitCode = 1;
  }
}

function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1_000).toFixed(1)} s`;
}
