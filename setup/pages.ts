import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
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
  const child = spawn(process.execPath, [next, "build"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
    timeout: BUILD_TIMEOUT_MS,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  if (code === 0) return;
  throw new SetupProblem(
    `The pages did not build:\n${output.slice(-6_000)}`,
    "Undo the last change under app/, or delete .next and run this again.",
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
