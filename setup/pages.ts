import { createHash } from "node:crypto";
import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { CommandFailed, runCommand } from "./run-command";
import { SetupProblem, type Report } from "./setup-problem";

const INPUT_FOLDERS = ["app", "server/protocol"];
const INPUT_FILES = ["package-lock.json", "next.config.ts", "postcss.config.mjs", "tsconfig.json"];
const BUILD_TIMEOUT_MS = 10 * 60_000;

/**
 * Builds the pages unless `.next` already holds the build of these very sources.
 *
 * @throws SetupProblem with the builder's last lines when the pages do not build.
 */
export async function buildPages(root: string, report: Report): Promise<void> {
  const wanted = await hashInputs(root);
  const stamp = path.join(root, ".next", "slipway-built-from");
  if ((await readFile(stamp, "utf8").catch(() => "")) === wanted) return;
  report("building the pages (half a minute)");
  await build(root);
  await writeFile(stamp, wanted);
}

async function build(root: string): Promise<void> {
  const next = path.join(root, "node_modules/next/dist/bin/next");
  const env = { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" };
  await runCommand([process.execPath, next, "build"], { cwd: root, env, timeoutMs: BUILD_TIMEOUT_MS }).catch(
    (cause: unknown) => {
      throw new SetupProblem(
        `The pages did not build:\n${cause instanceof CommandFailed ? cause.tail : String(cause)}`,
        "Undo the last change under app/, or delete .next and run this again.",
        { cause },
      );
    },
  );
}

async function hashInputs(root: string): Promise<string> {
  const listed = await Promise.all(
    INPUT_FOLDERS.map((folder) => readdir(path.join(root, folder), { recursive: true, withFileTypes: true })),
  );
  const files = listed
    .flat()
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const hash = createHash("sha256").update(process.version);
  for (const file of [...files, ...INPUT_FILES.map((name) => path.join(root, name))].sort()) {
    hash.update(path.relative(root, file)).update(await readFile(file));
  }
  return hash.digest("hex");
}
