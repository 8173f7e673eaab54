import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { SandboxAgent } from "../../../server/sandboxes/sandbox-agent";
import type { SandboxId } from "../../../server/sandboxes/sandbox";

/** Runs a script of bash where the shells to measure run, and answers its output. */
export type RunScript = (script: string) => Promise<string>;

/** What a terminal shows of a file: every line end as CR LF. */
export interface Shown {
  readonly bytes: number;
  readonly sha256: string;
}

export interface Flood extends Shown {
  readonly file: string;
}

const LINE = "2026-05-04T09:00:00Z web-1 GET /visits 200 12ms count=";
const LINES = 1_125_000;

/** Writes some 68 MB of text, with lines as a program's log has them. */
export async function writeFlood(run: RunScript): Promise<Flood> {
  const file = (await run(`f=$PWD/flood.txt; seq 1 ${LINES} | sed 's|^|${LINE}|' > $f; echo $f`)).trim();
  return { file, ...(await readShown(run, file)) };
}

/** How a file of whole lines comes out of a terminal. */
export async function readShown(run: RunScript, file: string): Promise<Shown> {
  const shown = `sed 's/$/\\r/' ${file}`;
  const [bytes, sha256] = (await run(`${shown} | wc -c; ${shown} | sha256sum | cut -d' ' -f1`)).split("\n");
  return { bytes: Number(bytes), sha256: sha256 ?? "" };
}

export function runInSandbox(agent: SandboxAgent, id: SandboxId): RunScript {
  return async (script) => {
    const command = { script, user: "attendee", timeoutMs: 60_000 } as const;
    const outcome = await agent.runCommand(id, command, new AbortController().signal);
    if (outcome.exitCode !== 0) throw new Error(`in the sandbox: ${outcome.stderr}`);
    return outcome.stdout;
  };
}

/** On this machine, in `folder`. */
export function runHere(folder: string): RunScript {
  return async (script) => (await promisify(execFile)("bash", ["-c", script], { cwd: folder })).stdout;
}
