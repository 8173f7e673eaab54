import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import type { Account } from "./account";
import { Refusal } from "./http-io";
import { runAs } from "./run-as";

/** Whose files, and where its programs are found. */
export interface AccountContext {
  readonly account: Account;
  readonly searchPath: string;
}

/** Text and mode of a regular file of at most `bytesMax`; undefined for whatever is not one. Never hangs on a pipe. */
export async function readSmallFile(
  file: string,
  bytesMax: number,
): Promise<{ readonly text: string; readonly mode: number } | undefined> {
  const opened = await openForReading(file).catch(() => undefined);
  if (opened === undefined) return undefined;
  try {
    const stat = await opened.stat();
    if (!stat.isFile() || stat.size > bytesMax) return undefined;
    return { text: (await readUpTo(opened, bytesMax)).toString(), mode: stat.mode & 0o7777 };
  } finally {
    await opened.close();
  }
}

/**
 * Writes a whole file as the account, making its folders: readers see the old or the new content, never half. `mode` is octal;
 * empty keeps the mode that the file has.
 *
 * @throws Refusal 409 when the account may not or cannot
 */
export async function writeAccountFile(
  context: AccountContext,
  file: string,
  { bytes, mode }: { readonly bytes: Buffer; readonly mode: string },
): Promise<void> {
  const command = ["/bin/bash", "-c", WRITE_SCRIPT, "write", file, mode];
  const { exitCode, complaint } = await runAs(context, command, bytes);
  if (exitCode !== 0) throw new Refusal(409, `the file could not be written: ${complaint}`);
}

const WRITE_SCRIPT = `
set -e
folder=$(dirname -- "$1")
mkdir -p -- "$folder"
[ ! -d "$1" ] || { echo "is a folder" >&2; exit 1; }
draft=$(mktemp -- "$folder/.write.XXXXXXXX")
trap 'rm -f -- "$draft"' EXIT
cat > "$draft"
if [ -n "$2" ]; then chmod "$2" -- "$draft"
elif [ -e "$1" ]; then chmod --reference="$1" -- "$draft"
else chmod 644 -- "$draft"; fi
mv -f -- "$draft" "$1"
trap - EXIT
`;

/** @throws Refusal 404 for an absent file, 409 for one that cannot be opened */
export async function openForReading(file: string): Promise<FileHandle> {
  try {
    // Without blocking: opening a pipe that nobody writes to must not hang.
    return await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") throw new Refusal(404, "no such file");
    throw new Refusal(409, `the file could not be opened: ${code ?? "unknown"}`);
  }
}

/** Reads to the end or the limit, whatever size the file claims: files under /proc say 0. */
export async function readUpTo(file: FileHandle, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let left = bytesMax;
  while (left > 0) {
    const chunk = Buffer.allocUnsafe(Math.min(left, 256 * 1024));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
    if (bytesRead === 0) break;
    chunks.push(chunk.subarray(0, bytesRead));
    left -= bytesRead;
  }
  return Buffer.concat(chunks);
}
