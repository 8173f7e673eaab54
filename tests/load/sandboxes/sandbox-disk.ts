import { readFile } from "node:fs/promises";
import path from "node:path";
import { runCommand } from "../../../setup/run-command";
import type { BenchPlatform } from "./bench-platform";

const MIB = 1_024 * 1_024;
const WITHIN = { timeoutMs: 120_000 };

/**
 * What a sandbox's volume takes of this machine's disk beyond the template that it began as, in MiB: the data of its files that no
 * other volume has. Not by quota groups, whose figures stop whenever the kernel calls them inconsistent. NaN where sandboxes are not
 * subvolumes of btrfs.
 */
export async function readOwnDiskMiB(platform: BenchPlatform, sandboxId: string): Promise<number> {
  const text = await readFile(path.join(platform.dataFolder, "installation.json"), "utf8");
  const { installationId } = JSON.parse(text) as { installationId: string };
  const pool = path.join(platform.volumesFolder, "volumes");
  // What is only in memory yet is not counted.
  await runCommand(["sync", "--file-system", pool], WITHIN);
  const volume = path.join(pool, installationId, sandboxId);
  const du = ["btrfs", "filesystem", "du", "--summarize", "--raw", volume] as const;
  const shown = await runCommand(du, WITHIN).catch(() => "");
  const exclusive = /^\s*\d+\s+(\d+)\s/m.exec(shown)?.[1];
  return Number(exclusive) / MIB;
}
