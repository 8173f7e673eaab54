import path from "node:path";
import { build } from "esbuild";
import { readContext } from "./image-context";
import { ensureImage, type ImageOptions } from "./images";

/** Makes the engine have `slipway/class-registry:current`, with the gateway of this checkout in it. Answers the hashed tag. */
export async function ensureClassRegistryImage(options: ImageOptions): Promise<string> {
  const folder = path.join(options.root, "sandbox-images/class-registry");
  const gateway = await readContext(await bundleGateway(options.root), "gateway");
  return ensureImage(options, {
    repository: "slipway/class-registry",
    suite: "trixie",
    folder,
    more: gateway,
  });
}

/** Bundles `class-registry/` into one file, in a folder of its own. */
async function bundleGateway(root: string): Promise<string> {
  const folder = path.join(root, "dist/class-registry");
  await build({
    entryPoints: [path.join(root, "class-registry/main.ts")],
    outfile: path.join(folder, "class-registry.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    minifySyntax: true,
    legalComments: "eof",
    logLevel: "warning",
  });
  return folder;
}
