import { readFile } from "node:fs/promises";
import os from "node:os";
import type { AgentConfig } from "./agent-config";

/** Whose shells the agent starts, and how. */
export interface Account {
  readonly name: string;
  readonly home: string;
  /** Null when programs run as the agent's own account: nothing to switch. */
  readonly switchTo: { readonly uid: number; readonly gid: number } | null;
  /** What its programs see besides what every account has: filled when the sandbox gets its attendee. */
  readonly environment: Map<string, string>;
}

/** Finds the configured account in /etc/passwd; without a configured one, the agent's own. */
export async function findAccount(config: AgentConfig): Promise<Account> {
  const own = os.userInfo();
  const environment = new Map<string, string>();
  if (config.user === undefined || config.user === own.username) {
    return { name: own.username, home: config.home ?? own.homedir, switchTo: null, environment };
  }
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n");
  const fields = lines.map((line) => line.split(":")).find(([name]) => name === config.user);
  const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])];
  if (fields === undefined || !Number.isInteger(uid) || !Number.isInteger(gid)) {
    throw new Error(`The account ${config.user} does not exist in this sandbox`);
  }
  return { name: config.user, home: config.home ?? fields[5] ?? "/", switchTo: { uid, gid }, environment };
}

/** What a program of `account` sees as its environment: nothing of the agent's own is inherited but the path. */
export function environmentOf(account: Account, searchPath: string): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(account.environment),
    HOME: account.home,
    USER: account.name,
    LOGNAME: account.name,
    SHELL: "/bin/bash",
    PATH: searchPath,
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
    COLORTERM: "truecolor",
    // Next's types demand NODE_ENV of every environment; an attendee's programs must not be told one.
  } as unknown as NodeJS.ProcessEnv;
}

/**
 * The command line that runs `command` as `account` with all of its groups. `setpriv` replaces itself by the command, so
 * that the process id is the command's own; node's and node-pty's own switches forget the supplementary groups.
 */
export function commandLineAs(account: Account, command: readonly string[]): [string, ...string[]] {
  const [file = "/bin/bash", ...rest] = command;
  if (account.switchTo === null) return [file, ...rest];
  const { uid, gid } = account.switchTo;
  return ["/usr/bin/setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", file, ...rest];
}
