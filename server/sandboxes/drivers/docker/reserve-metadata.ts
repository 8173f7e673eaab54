import { runOnHost } from "./host-command";

/** Where a chunk of the file system lies in the pool's file. */
export interface ChunkExtent {
  readonly offset: number;
  readonly length: number;
}

/**
 * Gives the pool's own records their room in its sparse file before they need it. A btrfs that cannot write them, for want of a
 * block of the host's disk, turns read-only for every sandbox at once; one that cannot write a sandbox's bytes only refuses those.
 * Idempotent; what has room already costs milliseconds.
 *
 * @throws AppError `driver.unreachable` when the host's disk has no room for them.
 */
export async function reserveMetadata(file: string): Promise<void> {
  const dump = await runOnHost(["btrfs", "inspect-internal", "dump-tree", "-t", "chunk", file]);
  for (const { offset, length } of metadataExtents(dump)) {
    const range = ["--offset", String(offset), "--length", String(length)];
    await runOnHost(["fallocate", "--keep-size", ...range, file]);
  }
}

/** The chunks of `btrfs inspect-internal dump-tree -t chunk` that hold anything but what sandboxes wrote. */
export function metadataExtents(dump: string): readonly ChunkExtent[] {
  return dump.split(/^\s*item \d+ /m).flatMap((item) => {
    const [, length, type] = /\slength (\d+) .* type (\S+)/.exec(item) ?? [];
    if (length === undefined || type === undefined || !/METADATA|SYSTEM/.test(type)) return [];
    const stripes = item.matchAll(/stripe \d+ devid \d+ offset (\d+)/g);
    return [...stripes].map(([, offset]) => ({ offset: Number(offset), length: Number(length) }));
  });
}
