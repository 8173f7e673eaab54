import path from "node:path";
import { build } from "esbuild";

/** Bundles the server to `dist/server/main.js`, its packages left in node_modules. Takes well under a second. */
export async function bundleServer(root: string): Promise<string> {
  const outfile = path.join(root, "dist/server/main.js");
  await build({
    entryPoints: [path.join(root, "server/main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
    sourcemap: "linked",
    logLevel: "warning",
  });
  return outfile;
}
