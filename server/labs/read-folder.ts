import type { Dirent } from "node:fs";
import { lstat, open, readdir } from "node:fs/promises";
import path from "node:path";
import type { CatalogProblem } from "./catalog";

/** One file below a folder of the catalog. */
export interface FolderFile {
  /** With slashes, relative to the folder that was read. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly isExecutable: boolean;
}

export interface FolderReading {
  readonly files: readonly FolderFile[];
  readonly problems: readonly CatalogProblem[];
}

/** A page or a picture of more than this is a mistake. */
const FILE_BYTES_MAX = 512 * 1024;
const FOLDER_BYTES_MAX = 4 * 1024 * 1024;
const FILE_COUNT_MAX = 300;
const DEPTH_MAX = 8;

/**
 * Reads every file below `folder`. Links, devices, odd names and what is too large are reported and left out, so
 * that nothing outside the folder is ever read. `name` is how problems call the folder.
 *
 * @throws the file system's error when the folder itself cannot be read.
 */
export async function readFolder(folder: string, name: string): Promise<FolderReading> {
  const files: FolderFile[] = [];
  const problems: CatalogProblem[] = [];
  let bytesLeft = FOLDER_BYTES_MAX;
  for (const { at, trouble } of await listFiles(folder)) {
    const reading = trouble ?? (await readRegularFile(path.join(folder, at), bytesLeft));
    if (typeof reading === "string") {
      problems.push({ file: path.posix.join(name, at), line: null, reason: reading });
    } else {
      files.push({ path: at, ...reading });
      bytesLeft -= reading.bytes.length;
    }
  }
  return { files, problems };
}

interface ListedFile {
  readonly at: string;
  readonly trouble: string | undefined;
}

/** Files and whatever else is refused, sorted within each folder; bounded in number and depth. */
async function listFiles(folder: string): Promise<readonly ListedFile[]> {
  const found: ListedFile[] = [];
  const pending: { at: string; depth: number }[] = [{ at: "", depth: 0 }];
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const entries = await readdir(path.join(folder, next.at), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const at = path.posix.join(next.at, entry.name);
      const trouble = troubleOf(entry, next.depth);
      if (trouble === undefined && entry.isDirectory()) pending.push({ at, depth: next.depth + 1 });
      else found.push({ at, trouble });
      if (found.length > FILE_COUNT_MAX) {
        return [...found, { at, trouble: `is one file too many: a lab may have ${FILE_COUNT_MAX}` }];
      }
    }
  }
  return found;
}

function troubleOf(entry: Dirent, depth: number): string | undefined {
  if (entry.isSymbolicLink()) return "is a symbolic link: a lab holds plain files only";
  if (!entry.isFile() && !entry.isDirectory()) return "is neither a file nor a folder";
  if (!/^[\w][\w.-]{0,99}$|^\.[\w-][\w.-]{0,99}$/.test(entry.name))
    return "has a name with characters other than letters, digits, . _ and -";
  if (depth >= DEPTH_MAX) return `is nested deeper than ${DEPTH_MAX} folders`;
  return undefined;
}

/** The size is taken from the opened file, so that swapping it for another in between changes nothing. */
async function readRegularFile(
  file: string,
  bytesLeft: number,
): Promise<{ bytes: Buffer; isExecutable: boolean } | string> {
  if (!(await lstat(file)).isFile()) return "is not a plain file";
  const opened = await open(file, "r");
  try {
    const { size, mode } = await opened.stat();
    if (size > FILE_BYTES_MAX) return `has ${size} bytes: at most ${FILE_BYTES_MAX} are accepted`;
    if (size > bytesLeft) return `makes the lab larger than ${FOLDER_BYTES_MAX} bytes`;
    const bytes = Buffer.alloc(size);
    const { bytesRead } = await opened.read(bytes, 0, size, 0);
    return { bytes: bytes.subarray(0, bytesRead), isExecutable: (mode & 0o111) !== 0 };
  } finally {
    await opened.close();
  }
}
