import { cp, mkdir, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { build } from "esbuild";

const root = path.resolve(import.meta.dirname, "..");
const require = createRequire(import.meta.url);

/**
 * Bundles the agent into `dist/agent/`, which is all that a sandbox image needs beside Node: `agent.mjs` with the code of its
 * thread, `reading-thread.mjs`, and beside them
 * `node_modules/@lydell/node-pty-<platform>-<arch>/` with node-pty's native binary, found by Node's ordinary lookup.
 * The folder is replaced in one step, so that a build in parallel never copies half of it.
 *
 * In an image: `COPY dist/agent/ /opt/slipway/agent/`, then `node /opt/slipway/agent/agent.mjs --config FILE`.
 *
 * @returns the folder's absolute path
 */
export async function bundleAgent(platform = `${process.platform}-${process.arch}`): Promise<string> {
  const folder = path.join(root, "dist/agent");
  const draft = `${folder}.${process.pid}`;
  await build({
    entryPoints: {
      agent: path.join(root, "agent/main.ts"),
      "reading-thread": path.join(root, "agent/terminals/reading-thread-main.ts"),
    },
    outdir: draft,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    minifySyntax: true,
    legalComments: "eof",
    logLevel: "warning",
    // ws loads these when they are there; node-pty's binary is found at run time, beside the bundle.
    external: ["bufferutil", "utf-8-validate", "@lydell/node-pty-*"],
    // CommonJS packages inside the bundle still call require.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
  const binary = `@lydell/node-pty-${platform}`;
  const source = path.dirname(require.resolve(`${binary}/package.json`));
  await mkdir(path.join(draft, "node_modules/@lydell"), { recursive: true });
  await cp(source, path.join(draft, "node_modules", binary), { recursive: true });
  await rm(folder, { recursive: true, force: true });
  await rename(draft, folder);
  return folder;
}
