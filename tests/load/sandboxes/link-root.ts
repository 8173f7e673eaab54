import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parse, stringify } from "yaml";
import { satisfies, type Profile } from "../../../server/protocol/profile";

const ROOT = path.resolve(import.meta.dirname, "../../..");

/**
 * A folder that a server can run in like in this checkout, but whose only workshop is `workshopId`, of which only the labs that a
 * sandbox of `profile` can do: so that this is what its attendees get, and what its pool holds. Whoever makes it removes it.
 */
export async function linkRoot(workshopId: string, profile: Profile): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "slipway-bench-root-"));
  const entries = (await readdir(ROOT)).filter((entry) => entry !== "labs" && entry !== ".git");
  await Promise.all(entries.map((entry) => symlink(path.join(ROOT, entry), path.join(folder, entry))));
  const workshop = path.join(folder, "labs", workshopId);
  await cp(path.join(ROOT, "labs", workshopId), workshop, { recursive: true });
  const file = path.join(workshop, "workshop.yaml");
  const described = (await readYaml(file)) as { labs: readonly string[] };
  const labs: string[] = [];
  for (const labId of described.labs) {
    const lab = (await readYaml(path.join(workshop, labId, "lab.yaml"))) as { profile: Profile };
    if (satisfies(profile, lab.profile)) labs.push(labId);
    else await rm(path.join(workshop, labId), { recursive: true });
  }
  await writeFile(file, stringify({ ...described, labs }));
  return folder;
}

async function readYaml(file: string): Promise<unknown> {
  return parse(await readFile(file, "utf8"));
}
