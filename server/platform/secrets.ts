import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { Secret } from "./config";

const fileSchema = z.object({
  installationId: z.uuid(),
  sessionSecret: z.string().min(32),
  agentSecret: z.string().min(32),
});

/** What makes this installation itself. Lost, it can be made anew: everybody signs in again, and sandboxes are replaced. */
export interface InstallationSecrets {
  /** Label of everything that this installation makes on a host; not secret. */
  readonly installationId: string;
  /** Signs auth sessions and derives rejoin codes. */
  readonly sessionSecret: Secret;
  /** Derives the token of every sandbox's agent. */
  readonly agentSecret: Secret;
}

/** Reads the installation's secrets from the data folder, making them at the first start. Readable by the owner only. */
export async function loadSecrets(
  dataFolder: string,
  sessionSecret: Secret | undefined,
): Promise<InstallationSecrets> {
  const file = path.join(dataFolder, "installation.json");
  const known = fileSchema.safeParse(await readJson(file));
  const secrets = known.success ? known.data : await makeSecrets(file);
  return {
    installationId: secrets.installationId,
    sessionSecret: sessionSecret ?? new Secret(secrets.sessionSecret),
    agentSecret: new Secret(secrets.agentSecret),
  };
}

async function makeSecrets(file: string): Promise<z.infer<typeof fileSchema>> {
  const secrets = {
    installationId: crypto.randomUUID(),
    sessionSecret: randomBytes(32).toString("base64url"),
    agentSecret: randomBytes(32).toString("base64url"),
  };
  await mkdir(path.dirname(file), { recursive: true });
  try {
    // "wx": of two servers that start at once, one makes the file and the other reads it.
    await writeFile(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flag: "wx" });
    return secrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const made = fileSchema.safeParse(await readJson(file));
    if (made.success) return made.data;
    throw new Error(`${file} is damaged: restore it, or remove it to make this a new installation`, {
      cause: error,
    });
  }
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
