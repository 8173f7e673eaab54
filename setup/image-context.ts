import { createHash } from "node:crypto";
import { lstat, readFile, readdir, readlink } from "node:fs/promises";
import path from "node:path";
import tar from "tar-stream";

/** One file, or link, of a build context. */
export interface ContextEntry {
  /** Relative, with slashes. */
  readonly name: string;
  readonly mode: number;
  readonly content: Buffer;
  readonly linkTarget?: string;
}

/**
 * Everything below `folder`, under `prefix` in the context, but for what people read: a word in a README must not compile anything anew.
 * Order and times are always the same, so equal trees are equal.
 */
export async function readContext(folder: string, prefix = ""): Promise<readonly ContextEntry[]> {
  const names = (await readdir(folder)).filter((name) => name !== "README.md").sort();
  const entries = await Promise.all(
    names.map((name) => readEntry(path.join(folder, name), path.posix.join(prefix, name))),
  );
  return entries.flat();
}

/** A context of one file. */
export async function readContextFile(file: string, name: string): Promise<readonly ContextEntry[]> {
  return readEntry(file, name);
}

/** Equal for equal inputs: file names, modes, contents, and whatever else decides what is built. */
export function hashContext(entries: readonly ContextEntry[], others: readonly string[]): string {
  const hash = createHash("sha256");
  for (const { name, mode, content, linkTarget = "" } of entries) {
    hash.update(`${name}\0${mode}\0${linkTarget}\0${content.length}\0`).update(content);
  }
  for (const other of others) hash.update(`${other}\0`);
  return hash.digest("hex").slice(0, 16);
}

/** The tar archive that an engine builds from. */
export async function packContext(entries: readonly ContextEntry[]): Promise<Buffer> {
  const pack = tar.pack();
  // The engine's cache goes by these: a fixed time makes equal files equal.
  const mtime = new Date(0);
  for (const { name, mode, content, linkTarget } of entries) {
    if (linkTarget === undefined) pack.entry({ name, mode, mtime }, content);
    else pack.entry({ name, mode, mtime, type: "symlink", linkname: linkTarget });
  }
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function readEntry(file: string, name: string): Promise<readonly ContextEntry[]> {
  const stats = await lstat(file);
  if (stats.isDirectory()) return readContext(file, name);
  if (stats.isSymbolicLink())
    return [{ name, mode: 0o777, content: Buffer.alloc(0), linkTarget: await readlink(file) }];
  // git knows one bit of a mode; the rest is this machine's umask and would change the hash.
  const mode = (stats.mode & 0o100) === 0 ? 0o644 : 0o755;
  return [{ name, mode, content: await readFile(file) }];
}
