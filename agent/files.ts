import { readdir } from "node:fs/promises";
import path from "node:path";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Account } from "./account";
import { openForReading, readUpTo, writeAccountFile, type AccountContext } from "./account-files";
import { readBody, Refusal, writeJson } from "./http-io";

/** Longest file that is read or written whole. */
export const FILE_BYTES_MAX = 16 * 1024 * 1024;
const NAMES_MAX = 10_000;
const PATH_LENGTH_MAX = 4_096;

/** Answers a file's first bytes, a folder's names, or 404. Pipes, sockets and devices are refused, never opened for long. */
export async function sendFile(
  url: URL,
  response: ServerResponse,
  { account }: AccountContext,
): Promise<void> {
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
export async function receiveFile(
  url: URL,
  request: IncomingMessage,
  context: AccountContext,
): Promise<void> {
  const file = pathOf(url, context.account);
  const mode = url.searchParams.get("mode") ?? "";
  if (!/^([0-7]{3,4})?$/.test(mode)) throw new Refusal(400, "bad mode");
  const bytes = await readBody(request, FILE_BYTES_MAX);
  await writeAccountFile(context, file, { bytes, mode });
}

function pathOf(url: URL, account: Account): string {
  const asked = url.searchParams.get("path") ?? "";
  if (asked === "" || asked.length > PATH_LENGTH_MAX || asked.includes("\0"))
    throw new Refusal(400, "bad path");
  return path.resolve(account.home, asked.replace(/^~(?=\/|$)/, account.home));
}
