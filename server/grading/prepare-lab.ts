import type { Lab } from "../labs/catalog";
import { AppError } from "../platform/errors";
import type { Logger } from "../platform/logger";
import type { SandboxAgent } from "../sandboxes/sandbox-agent";
import type { SandboxId } from "../sandboxes/sandbox";

export interface LabPreparation {
  readonly lab: Pick<Lab, "labId" | "setupFiles" | "setupScript">;
  readonly sandboxId: SandboxId;
}

export type PrepareLab = (preparation: LabPreparation, signal: AbortSignal) => Promise<void>;

/** A setup script that needs longer is not setting up but teaching. */
const SETUP_SCRIPT_MS_MAX = 30_000;

/**
 * Puts a lab's files into a sandbox and runs its setup script, once in the sandbox's life: a file in the attendee's home
 * remembers it, so that what the attendee changed or deleted since stays so. A file that is there already is left as it is.
 * Safe to repeat after any failure.
 *
 * @throws AppError what `SandboxAgent` throws, `sandbox.start-failed` when the script ends badly.
 */
export const createPrepareLab =
  ({
    agent,
    log,
  }: {
    readonly agent: Pick<SandboxAgent, "readFile" | "writeFile" | "runCommand">;
    readonly log: Logger;
  }): PrepareLab =>
  async ({ lab, sandboxId }, signal) => {
    if (lab.setupFiles.length === 0 && lab.setupScript === null) return;
    const marker = `~/.slipway/prepared/${lab.labId}`;
    if (await exists(marker)) return;
    for (const { path, bytes, mode } of lab.setupFiles) {
      const file = { path: `~/${path}`, bytes, mode };
      if (!(await exists(file.path))) await agent.writeFile(sandboxId, file, signal);
    }
    if (lab.setupScript !== null) await runScript(lab.setupScript);
    await agent.writeFile(
      sandboxId,
      { path: marker, bytes: Buffer.from("Slipway put this lab's files here.\n") },
      signal,
    );
    log.info("lab.prepared", { sandboxId, labId: lab.labId });

    async function exists(path: string): Promise<boolean> {
      return (await agent.readFile(sandboxId, { path, bytesMax: 0 }, signal)).kind !== "absent";
    }

    async function runScript(script: string): Promise<void> {
      const command = { script, user: "attendee", timeoutMs: SETUP_SCRIPT_MS_MAX } as const;
      const { exitCode } = await agent.runCommand(sandboxId, command, signal);
      if (exitCode === 0) return;
      const ending = exitCode === null ? "did not end" : `ended with ${exitCode}`;
      throw new AppError("sandbox.start-failed", `setup script of ${lab.labId} ${ending}`, {
        details: { sandboxId },
      });
    }
  };
