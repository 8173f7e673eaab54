import { access, rm, writeFile } from "node:fs/promises";
import type { ImageStore } from "./image-store";

export interface CollectGarbageDeps {
  readonly store: ImageStore;
  /** Says, over a crash, that blobs are still to be collected. */
  readonly markerFile: string;
  /** Distribution's own collector of blobs that no manifest names. */
  readonly sweep: () => Promise<void>;
}

/**
 * Takes `prefixes` out of the registry, drops manifests that no tag names, and then the blobs that nothing names. Nobody else may
 * write meanwhile; reading goes on. A crash at any point leaves a registry that works, and a marker by which the next call finishes
 * the work. Answers whether there was anything to do.
 */
export async function collectGarbage(
  { store, markerFile, sweep }: CollectGarbageDeps,
  prefixes: readonly string[],
): Promise<boolean> {
  const wasInterrupted = await access(markerFile).then(
    () => true,
    () => false,
  );
  await writeFile(markerFile, "");
  let changes = await store.forgetUntagged();
  for (const prefix of prefixes) if (await store.forgetPrefix(prefix)) changes += 1;
  const isNeeded = changes > 0 || wasInterrupted;
  if (isNeeded) await sweep();
  await rm(markerFile, { force: true });
  return isNeeded;
}
