import { readFile } from "node:fs/promises";
import path from "node:path";
import { runCommand } from "../../../setup/run-command";
import type { BenchPlatform } from "./bench-platform";

const MIB = 1_024 * 1_024;
const WITHIN = { timeoutMs: 60_000 };

/**
 * What a sandbox's volume takes of this machine's disk beyond the template that it began as, in MiB. NaN where sandboxes are not
 * subvolumes of btrfs.
 */
export async function readOwnDiskMiB(platform: BenchPlatform, sandboxId: string): Promise<number> {
  const text = await readFile(path.join(platform.dataFolder, "installation.json"), "utf8");
  const { installationId } = JSON.parse(text) as { installationId: string };
  const pool = path.join(platform.volumesFolder, "volumes");
  const volume = path.join(pool, installationId, sandboxId);
  // What is only in memory yet is not counted.
  await runCommand(["btrfs", "filesystem", "sync", pool], WITHIN);
  const shown = await runCommand(["btrfs", "subvolume", "show", volume], WITHIN).catch(() => "");
  const id = /Subvolume ID:\s*(\d+)/.exec(shown)?.[1];
  if (id === undefined) return Number.NaN;
  const quotas = await runCommand(["btrfs", "qgroup", "show", "--raw", pool], WITHIN);
  const exclusive = new RegExp(`^0/${id}\\s+\\d+\\s+(\\d+)`, "m").exec(quotas)?.[1];
  return Number(exclusive) / MIB;
}
