import { runCommand } from "./run-command";
import { SetupProblem } from "./setup-problem";

export type Argv = readonly [string, ...string[]];

let isSudoFree: Promise<boolean> | undefined;

/**
 * The command as root would run it: unchanged for root, behind `sudo -n` for others.
 *
 * @throws SetupProblem naming `purpose` when this account is not root and sudo would ask for a password.
 */
export async function asRoot(argv: Argv, purpose: string): Promise<Argv> {
  if (isRoot()) return argv;
  isSudoFree ??= runCommand(["sudo", "-n", "true"], { timeoutMs: 10_000 }).then(
    () => true,
    () => false,
  );
  if (await isSudoFree) return ["sudo", "-n", ...argv];
  throw new SetupProblem(
    `${purpose} needs root, and this account can neither act as root nor use sudo without a password.`,
    "Run it as root, allow passwordless sudo, or start a Docker Engine yourself and set DOCKER_HOST.",
  );
}

/** True when this very process is root. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}
