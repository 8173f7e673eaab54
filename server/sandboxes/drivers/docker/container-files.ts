import tar from "tar-stream";

/** A tar archive of one file that only root may read, for putting it into a container. */
export async function rootOnlyArchive(path: string, content: string): Promise<Buffer> {
  const pack = tar.pack();
  pack.entry({ name: path, mode: 0o600, uid: 0, gid: 0 }, content);
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
