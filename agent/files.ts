import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { open, readdir, type FileHandle } from "node:fs/promises";
import path from "node:path";
import type { IncomingMessage, ServerResponse } from "node:http";
import { commandLineAs, environmentOf, type Account } from "./account";
import { readBody, Refusal, writeJson } from "./http-io";

/** Longest file that is read or written whole. */
export const FILE_BYTES_MAX = 16 * 1024 * 1024;
const NAMES_MAX = 10_000;
const PATH_LENGTH_MAX = 4_096;
const WRITE_TIMEOUT_MS = 20_000;

export interface FilesContext {
  readonly account: Account;
  readonly searchPath: string;
}

/** Answers a file's first bytes, a folder's names, or 404. Pipes, sockets and devices are refused, never opened for long. */
export async function sendFile(url: URL, response: ServerResponse, { account }: FilesContext): Promise<void> {
  const file = pathOf(url, account);
  const bytesMax = Math.min(Number(url.searchParams.get("bytesMax") ?? FILE_BYTES_MAX), FILE_BYTES_MAX);
  if (!Number.isInteger(bytesMax) || bytesMax < 0) throw new Refusal(400, "bad bytesMax");
  const opened = await openForReading(file);
  try {
    const stat = await opened.stat();
    if (stat.isDirectory()) {
      const names = (await readdir(file)).slice(0, NAMES_MAX);
      writeJson(response, 200, { kind: "folder", names: names.sort() });
      return;
    }
    if (!stat.isFile()) throw new Refusal(409, "neither a file nor a folder");
    const bytes = await readUpTo(opened, bytesMax);
    response
      .writeHead(200, {
        "content-type": "application/octet-stream",
        "content-length": bytes.length,
        "x-size-bytes": String(stat.size),
        "x-mode": String(stat.mode & 0o7777),
      })
      .end(bytes);
  } finally {
    await opened.close();
  }
}

/** Writes a whole file as the account, making its folders: readers see the old or the new content, never half. */
export async function receiveFile(url: URL, request: IncomingMessage, context: FilesContext): Promise<void> {
  const file = pathOf(url, context.account);
  const mode = url.searchParams.get("mode") ?? "";
  if (!/^([0-7]{3,4})?$/.test(mode)) throw new Refusal(400, "bad mode");
  const bytes = await readBody(request, FILE_BYTES_MAX);
  const [program, ...rest] = commandLineAs(context.account, [
    "/bin/bash",
    "-c",
    WRITE_SCRIPT,
    "write",
    file,
    mode,
  ]);
  const child = spawn(program, rest, {
    cwd: "/",
    env: environmentOf(context.account, context.searchPath),
    stdio: ["pipe", "ignore", "pipe"],
    timeout: WRITE_TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(0, 1_000)));
  child.stdin.on("error", () => undefined);
  child.stdin.end(bytes);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
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

function pathOf(url: URL, account: Account): string {
  const asked = url.searchParams.get("path") ?? "";
  if (asked === "" || asked.length > PATH_LENGTH_MAX || asked.includes("\0"))
    throw new Refusal(400, "bad path");
  return path.resolve(account.home, asked.replace(/^~(?=\/|$)/, account.home));
}

async function openForReading(file: string): Promise<FileHandle> {
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
async function readUpTo(file: FileHandle, bytesMax: number): Promise<Buffer> {
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
