import { createReadStream, createWriteStream } from "node:fs";
import { access, mkdir, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import type Docker from "dockerode";
import { followEvents } from "./build-image";
import type { ImageSource } from "./images";

/**
 * Keeps what takes minutes to build in the data folder's cache, so that an engine which has lost its images loads it in seconds. Only
 * the newest build of `name` is kept.
 */
export function archiveOf(dataFolder: string, name: string): Required<Pick<ImageSource, "restore" | "keep">> {
  const folder = path.join(dataFolder, "cache");
  const fileOf = (tag: string): string => path.join(folder, `${name}-${tag.split(":").at(-1) ?? ""}.tar`);
  return {
    restore: async (docker, tag) => {
      const file = fileOf(tag);
      const isKept = await access(file).then(
        () => true,
        () => false,
      );
      if (!isKept) return false;
      const loading = await docker.loadImage(createReadStream(file));
      await followEvents(docker, loading, () => undefined);
      return true;
    },
    keep: async (docker, tag) => {
      await mkdir(folder, { recursive: true });
      const file = fileOf(tag);
      await writeArchive(docker, tag, file);
      const older = (await readdir(folder)).filter(
        (entry) => entry.startsWith(`${name}-`) && entry.endsWith(".tar") && entry !== path.basename(file),
      );
      await Promise.all(older.map((entry) => rm(path.join(folder, entry), { force: true })));
    },
  };
}

/** Under another name until it is whole: a cut archive must not be found by the next start. */
async function writeArchive(docker: Docker, tag: string, file: string): Promise<void> {
  const draft = `${file}.new`;
  try {
    await pipeline(await docker.getImage(tag).get(), createWriteStream(draft));
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}
