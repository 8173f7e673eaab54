import { access } from "node:fs/promises";
import path from "node:path";
import { asRoot } from "./root";
import { CommandFailed, runCommand } from "./run-command";
import { SetupProblem, type Report } from "./setup-problem";

const INSTALL_TIMEOUT_MS = 10 * 60_000;
/** Where system programs live; `sbin` is missing from many people's PATH. */
const PROGRAM_FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** The full path of an installed program, or undefined. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of PROGRAM_FOLDERS) {
    const file = path.join(folder, name);
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  return undefined;
}

/**
 * Makes Debian or Ubuntu packages be installed, asking nothing and installing no recommendations.
 *
 * @throws SetupProblem when this is no Debian or Ubuntu, when we may not install, or when apt fails.
 */
export async function installPackages(packages: readonly string[], report: Report): Promise<void> {
  const names = packages.join(" ");
  if ((await findProgram("apt-get")) === undefined) {
    throw new SetupProblem(
      `${names} cannot be installed: this machine has no apt-get.`,
      "Start a Docker Engine (Docker Desktop will do) and set DOCKER_HOST, or use Debian or Ubuntu.",
    );
  }
  const install = await asRoot(
    [
      "env",
      "DEBIAN_FRONTEND=noninteractive",
      "apt-get",
      "install",
      "-y",
      "--no-install-recommends",
      ...packages,
    ],
    `Installing ${names}`,
  );
  const update = await asRoot(["apt-get", "update"], `Installing ${names}`);
  report(`installing ${names}`);
  try {
    // The lists may be old or absent (a fresh container): update first when a plain install does not do it.
    // Cut short, dpkg refuses to work until somebody mends it by hand.
    const options = { timeoutMs: INSTALL_TIMEOUT_MS, mustFinish: true };
    await runCommand(install, options).catch(async () => {
      await runCommand(update, { timeoutMs: INSTALL_TIMEOUT_MS });
      await runCommand(install, options);
    });
  } catch (cause) {
    const lastLine = cause instanceof CommandFailed ? cause.tail.trim().split("\n").at(-1) : String(cause);
    throw new SetupProblem(
      `apt-get could not install ${names}: ${lastLine ?? "no reason given"}`,
      `Run "apt-get update && apt-get install ${names}" by hand to see what is wrong with this machine's packages.`,
      { cause },
    );
  }
}
