import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { PROFILES, type Profile } from "../../../protocol";
import { AppError } from "../../../platform/errors";
import { isProcessAlive } from "../../../platform/is-process-alive";
import type { ProfileState } from "../../sandbox-driver";
import { imageKeyOf, parseTemplateName } from "./cluster-template";
import type { DataVolumes } from "./data-volumes";
import type { EngineApi } from "./engine-api";

const preparationSchema = z.discriminatedUnion("state", [
  z.strictObject({ state: z.literal("preparing"), byPid: z.number().int() }),
  z.strictObject({ state: z.literal("unavailable"), reason: z.string() }),
]);

/** What set-up says of profiles that have no template (yet); `off` where the operator wants no clusters, templates or not. */
export type Preparation = z.output<typeof preparationSchema> | { readonly state: "off" };

const SWITCHED_OFF = "Kubernetes is switched off (KUBERNETES_NODE=none).";

const NOT_PREPARED: Preparation = {
  state: "unavailable",
  reason: "No cluster has been prepared on this machine. Run: npm run images",
};

/** Reads what set-up left in the data folder. A set-up that was killed while preparing prepares no more. */
export async function readPreparation(dataFolder: string): Promise<Preparation> {
  const text = await readFile(fileOf(dataFolder), "utf8").catch(() => "null");
  const parsed = preparationSchema.safeParse(JSON.parse(text));
  if (!parsed.success) return NOT_PREPARED;
  const isStale = parsed.data.state === "preparing" && !isProcessAlive(parsed.data.byPid);
  return isStale ? NOT_PREPARED : parsed.data;
}

/** For set-up: says how far Kubernetes is on this machine. */
export async function writePreparation(
  dataFolder: string,
  preparation: Exclude<Preparation, { state: "off" }>,
): Promise<void> {
  const file = fileOf(dataFolder);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.new`, JSON.stringify(preparation));
  await rename(`${file}.new`, file);
}

function fileOf(dataFolder: string): string {
  return path.join(dataFolder, "cache", "kubernetes.json");
}

export interface ProfileTemplatesOptions {
  readonly engine: EngineApi;
  readonly volumes: DataVolumes;
  /** The sandbox image: templates of another one do not fit. */
  readonly image: string;
  readonly readPreparation: () => Promise<Preparation>;
}

/** Which prepared volume a profile's sandboxes begin as. */
export class ProfileTemplates {
  readonly #options: ProfileTemplatesOptions;

  constructor(options: ProfileTemplatesOptions) {
    this.#options = options;
  }

  /** @throws AppError `sandbox.profile-unavailable` | `driver.unreachable` */
  async find(profile: Profile): Promise<string | null> {
    if (profile === "docker") return null;
    const isOff = (await this.#options.readPreparation()).state === "off";
    const name = isOff ? undefined : (await this.#readFitting()).get(profile);
    if (name !== undefined) return name;
    throw new AppError(
      "sandbox.profile-unavailable",
      `no template of ${profile} fits ${this.#options.image}`,
    );
  }

  async readStates(): Promise<readonly ProfileState[]> {
    const [fitting, preparation] = await Promise.all([this.#readFitting(), this.#options.readPreparation()]);
    return PROFILES.map((profile) => {
      if (profile === "docker") return { profile, state: "ready" };
      if (preparation.state === "off") return { profile, state: "unavailable", reason: SWITCHED_OFF };
      if (fitting.has(profile)) return { profile, state: "ready" };
      if (preparation.state === "preparing") return { profile, state: "preparing" };
      return { profile, state: "unavailable", reason: preparation.reason };
    });
  }

  async #readFitting(): Promise<ReadonlyMap<Profile, string>> {
    const { engine, volumes, image } = this.#options;
    const [names, { Id }] = await Promise.all([
      volumes.listTemplates(),
      engine.call("inspect sandbox image", (docker) => docker.getImage(image).inspect()),
    ]);
    const imageKey = imageKeyOf(Id);
    const fitting = names.flatMap((name) => {
      const template = parseTemplateName(name);
      return template?.imageKey === imageKey ? [[template.profile, name] as const] : [];
    });
    return new Map(fitting);
  }
}
