import { readFile, writeFile } from "node:fs/promises";
import { isAppError } from "../../../platform/errors";
import { runOnHost } from "./host-command";

/** Levels of a tree that the kernel may drop at once without giving up its counts; the most that a tree has means never. */
const SUBTREE_LEVELS_MAX = "8";

/**
 * Keeps the pool's quotas counting. A kernel that drops a large subvolume in the default way, or is told to forget a quota that
 * still counts something, calls its counts inconsistent and enforces no limit until it has counted anew. Idempotent, milliseconds;
 * where it has come to that, the counting goes on behind it.
 */
export async function keepQuotasCounting(folder: string): Promise<void> {
  const uuid = (await runOnHost(["findmnt", "--noheadings", "--output", "UUID", folder])).trim();
  const settings = `/sys/fs/btrfs/${uuid}/qgroups`;
  // Kernels before 6.1 have no such setting, and count every dropped tree.
  await writeFile(`${settings}/drop_subtree_threshold`, SUBTREE_LEVELS_MAX).catch(() => undefined);
  const inconsistent = await readFile(`${settings}/inconsistent`, "utf8").catch(() => "0");
  // Refused while one is under way, which does as well.
  if (inconsistent.trim() === "1")
    await runOnHost(["btrfs", "quota", "rescan", folder]).catch(() => undefined);
}

/** The kernel keeps the quota of a subvolume for a while after it is gone, and each quota costs time at every write. */
export async function clearStaleQuotas(folder: string): Promise<void> {
  const subvolumes = new Set(
    (await runOnHost(["btrfs", "subvolume", "list", folder]))
      .split("\n")
      .map((line) => /^ID (\d+)/.exec(line)?.[1]),
  );
  const shown = await runOnHost(["btrfs", "qgroup", "show", "--raw", folder]).catch((caught: unknown) => {
    if (isAppError(caught)) return "";
    throw caught;
  });
  for (const line of shown.split("\n")) {
    // One that still counts something belongs to a subvolume that is being dropped: forgetting it would spoil all counts.
    const id = /^0\/(\d+)\s+0\s+0\s/.exec(line)?.[1];
    if (id === undefined || id === "5" || subvolumes.has(id)) continue;
    await runOnHost(["btrfs", "qgroup", "destroy", `0/${id}`, folder]).catch(() => undefined);
  }
}
