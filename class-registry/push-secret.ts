import { randomBytes } from "node:crypto";
import { link, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

/** The engine's secret from which every prefix's password is derived: made once, kept beside the images, never half written. */
export async function ensurePushSecret(dataFolder: string): Promise<string> {
  const file = path.join(dataFolder, "push-secret");
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, randomBytes(32).toString("base64url"), { mode: 0o600 });
  try {
    // Fails where one is there already: of two that make one at once, both get the first.
    await link(draft, file);
  } catch (caught) {
    if ((caught as NodeJS.ErrnoException).code !== "EEXIST") throw caught;
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(file, "utf8");
}
