import { readFile, writeFile } from "node:fs/promises";
import os from "node:os";

/**
 * Makes `name` this machine's host name, which new shells show, and lets it resolve (sudo asks). Idempotent. Needs the rights of
 * root in a UTS namespace of one's own. The engine writes all three places anew at every start.
 */
export async function takeHostName(name: string): Promise<void> {
  const previous = os.hostname();
  // The kernel's own switch: no program to start.
  await writeFile("/proc/sys/kernel/hostname", name);
  // Both files are mounts, which cannot be replaced, only written.
  await writeFile("/etc/hostname", `${name}\n`);
  const hosts = await readFile("/etc/hosts", "utf8").catch(() => "127.0.0.1\tlocalhost\n");
  const renamed = renameInHosts(hosts, previous, name);
  if (renamed !== hosts) await writeFile("/etc/hosts", renamed);
}

/** The text of `/etc/hosts` in which `name` stands where `previous` stood, and anyhow is there. */
export function renameInHosts(text: string, previous: string, name: string): string {
  const lines = text.split("\n").map((line) => {
    const [address = "", ...names] = namesOf(line);
    if (previous === "localhost" || !names.includes(previous)) return line;
    return [address, ...new Set(names.map((each) => (each === previous ? name : each)))].join("\t");
  });
  const renamed = lines.join("\n");
  if (lines.some((line) => namesOf(line).slice(1).includes(name))) return renamed;
  const gap = renamed === "" || renamed.endsWith("\n") ? "" : "\n";
  return `${renamed}${gap}127.0.1.1\t${name}\n`;
}

/** Address and names of one line, without what is a comment. */
function namesOf(line: string): string[] {
  return (line.split("#")[0] ?? "").trim().split(/\s+/);
}
