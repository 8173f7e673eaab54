// What runs before there are dependencies: plain JavaScript on Node's own modules.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const NODE_MAJOR_MIN = 20;
/** Says for which lock file node_modules was made. */
const STAMP = path.join(ROOT, "node_modules", ".slipway-installed");

/** Installs the locked dependencies and generates the database client, unless that was done for this very lock file. */
export async function prepareDependencies() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < NODE_MAJOR_MIN) {
    giveUp(
      `Slipway needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.version}.`,
      "Install a newer Node and run this again.",
    );
  }
  const inputs = ["package-lock.json", "prisma/schema.prisma"].map((file) =>
    readFileSync(path.join(ROOT, file)),
  );
  const wanted = createHash("sha256").update(Buffer.concat(inputs)).digest("hex");
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === wanted) return;
  const startedAt = Date.now();
  const isInteractive = process.stderr.isTTY && process.env.CI === undefined;
  process.stderr.write(
    "  dependencies    installing the locked npm packages (a minute or two the first time)\n",
  );
  const install = [
    "ci",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    ...(isInteractive ? [] : ["--loglevel=error"]),
  ];
  if ((await run("npm", install)) !== 0) {
    giveUp(
      "npm could not install the dependencies; its own words are above.",
      "Check that this machine reaches an npm registry (npm ping) and run this again.",
    );
  }
  const cli = path.join(ROOT, "node_modules/prisma/build/index.js");
  if ((await run(process.execPath, [cli, "generate"], { quiet: true })) !== 0) {
    giveUp("The database client could not be generated.", 'Run "npm run generate" to see why.');
  }
  writeFileSync(STAMP, wanted);
  process.stderr.write(`  dependencies    ready in ${Math.round((Date.now() - startedAt) / 1000)} s\n`);
}

/** Runs a TypeScript program of ours in place of this process: same terminal, same signals, same exit code. */
export async function runTypeScript(file, args) {
  const loader = path.join(ROOT, "node_modules/tsx/dist/loader.mjs");
  const code = await run(process.execPath, ["--import", `file://${loader}`, path.join(ROOT, file), ...args]);
  process.exitCode = code;
}

function run(command, args, { quiet = false } = {}) {
  const child = spawn(command, args, {
    cwd: ROOT,
    stdio: quiet ? ["ignore", "ignore", "inherit"] : "inherit",
  });
  // Ctrl-C reaches the whole foreground group; a signal sent to this process alone is handed on.
  const handOn = (signal) => child.kill(signal);
  process.on("SIGTERM", handOn);
  process.on("SIGINT", () => undefined);
  return new Promise((resolve) => {
    child.on("error", () => resolve(127));
    child.on("exit", (code, signal) => {
      process.off("SIGTERM", handOn);
      resolve(code ?? (signal === "SIGINT" ? 130 : 143));
    });
  });
}

function giveUp(problem, remedy) {
  process.stderr.write(`\n${problem}\n${remedy}\n`);
  process.exit(1);
}
