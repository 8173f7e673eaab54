import type { Clock } from "../../../platform/clock";
import type { SandboxId } from "../../sandbox";
import type { DataVolumes, FoundVolume, VolumeMount, VolumeRequest } from "./data-volumes";
import { unlessRefused, type EngineApi } from "./engine-api";
import { labelFilter, LABELS, readSandboxLabels, roleLabels, sandboxLabels } from "./labels";
import { workOnVolumes } from "./volume-helper";

export interface EngineVolumesOptions {
  readonly engine: EngineApi;
  readonly installationId: string;
  readonly clock: Clock;
  /** The sandbox image. */
  readonly image: string;
}

const TEMPLATE_PREFIX = "slipway-template-";
const REMOVE_MS_MAX = 60_000;
/** Lies in a volume that is whole; without it a copy was cut short and begins again. */
const WHOLE = "/volume/.whole";
const WHOLE_TEMPLATE = "/volume/.whole-template";

/**
 * The engine's own volumes: they work everywhere, nothing bounds how much a sandbox puts into one, and a template is copied byte by
 * byte where the engine's disk cannot share them.
 */
export class EngineVolumes implements DataVolumes {
  readonly enforcesQuota = false;
  readonly #options: EngineVolumesOptions;
  readonly #whole = new Set<string>();

  constructor(options: EngineVolumesOptions) {
    this.#options = options;
  }

  async ensure(id: SandboxId, { template }: VolumeRequest): Promise<VolumeMount> {
    const source = nameOf(id);
    await this.#make(source, sandboxLabels(this.#options.installationId, id, this.#options.clock.nowMs()));
    if (template !== null)
      await this.#work(
        [`${source}:/volume`, `${TEMPLATE_PREFIX}${template}:/template:ro`],
        `[ -e ${WHOLE} ] || { find /volume -mindepth 1 -delete; cp -a --reflink=auto /template/. /volume/; touch ${WHOLE}; }`,
      );
    return { type: "volume", source };
  }

  async renew(id: SandboxId, request: VolumeRequest & { readonly keepsHome: boolean }): Promise<void> {
    const { source } = await this.ensure(id, request);
    // The home waits beside the rest, so that a copy that is cut short finds it there and begins again.
    const steps = [
      `mkdir -p /volume/.kept`,
      request.keepsHome
        ? `[ ! -d /volume/upper/home ] || [ -e /volume/.kept/home ] || mv /volume/upper/home /volume/.kept/home`
        : `rm -rf /volume/.kept/home`,
      `find /volume -mindepth 1 -maxdepth 1 ! -name .kept -exec rm -rf {} +`,
      request.template === null ? `mkdir -p /volume/upper` : `cp -a --reflink=auto /template/. /volume/`,
      // Nothing of an attendee's is followed: where their home is no folder any more, it is not kept.
      `if [ -d /volume/.kept/home ] && [ ! -L /volume/.kept/home ]; then`,
      `  if [ -d /volume/upper/home/attendee/.kube ] && [ -d /volume/.kept/home/attendee ] && [ ! -L /volume/.kept/home/attendee ]; then`,
      `    rm -rf /volume/.kept/home/attendee/.kube; mv /volume/upper/home/attendee/.kube /volume/.kept/home/attendee/; fi`,
      `  rm -rf /volume/upper/home; mv /volume/.kept/home /volume/upper/home; fi`,
      `rm -rf /volume/.kept; touch ${WHOLE}`,
    ];
    const template = request.template === null ? [] : [`${TEMPLATE_PREFIX}${request.template}:/template:ro`];
    await this.#work([`${source}:/volume`, ...template], steps.join("\n"));
  }

  async remove(id: SandboxId): Promise<void> {
    const filters = labelFilter(this.#options.installationId, id);
    for (const name of await this.#namesWhere(filters)) await this.#drop(name);
  }

  async list(): Promise<readonly FoundVolume[]> {
    const filters = labelFilter(this.#options.installationId);
    const { Volumes } = await this.#options.engine.call("list volumes", (docker) =>
      docker.listVolumes({ filters }),
    );
    return Volumes.flatMap(({ Labels }) => readSandboxLabels(Labels) ?? []);
  }

  readAvailableMiB(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async listTemplates(): Promise<readonly string[]> {
    const names = await this.#namesWhere({ label: [`${LABELS.role}=template`] });
    const whole = await Promise.all(names.map((name) => this.#isWhole(name)));
    return names.filter((_, index) => whole[index]).map((name) => name.slice(TEMPLATE_PREFIX.length));
  }

  async keepAsTemplate(id: SandboxId, name: string): Promise<void> {
    const target = `${TEMPLATE_PREFIX}${name}`;
    const labels = roleLabels(this.#options.installationId, "template");
    if (await this.#isWhole(target)) return;
    await this.#drop(target);
    await this.#make(target, labels);
    await this.#work(
      [`${nameOf(id)}:/from:ro`, `${target}:/volume`],
      `cp -a --reflink=auto /from/. /volume/; rm -f ${WHOLE}; touch ${WHOLE_TEMPLATE}`,
    );
  }

  async removeTemplate(name: string): Promise<void> {
    await this.#drop(`${TEMPLATE_PREFIX}${name}`);
  }

  /** Making a volume that exists answers with the one that exists. */
  async #make(Name: string, Labels: Record<string, string>): Promise<void> {
    await this.#options.engine.call("create volume", (docker) => docker.createVolume({ Name, Labels }));
  }

  async #drop(name: string): Promise<void> {
    const remove = this.#options.engine.call("remove volume", (docker) => docker.getVolume(name).remove(), {
      timeoutMs: REMOVE_MS_MAX,
    });
    await unlessRefused([404], remove);
  }

  /** Volumes cannot be renamed into place, so each template says itself that it is whole. Looked at once per process. */
  async #isWhole(name: string): Promise<boolean> {
    if (this.#whole.has(name)) return true;
    const found = await this.#namesWhere({ label: [`${LABELS.role}=template`] });
    if (!found.includes(name)) return false;
    const isWhole = await this.#work([`${name}:/volume:ro`], `[ -e ${WHOLE_TEMPLATE} ]`).then(
      () => true,
      () => false,
    );
    if (isWhole) this.#whole.add(name);
    return isWhole;
  }

  async #work(binds: readonly string[], script: string): Promise<void> {
    const { engine, installationId, image } = this.#options;
    await workOnVolumes({ ...{ engine, installationId, image }, binds, script });
  }

  async #namesWhere(filters: { label: string[] }): Promise<readonly string[]> {
    const { Volumes } = await this.#options.engine.call("list volumes", (docker) =>
      docker.listVolumes({ filters }),
    );
    return Volumes.map(({ Name }) => Name);
  }
}

function nameOf(id: SandboxId): string {
  return `slipway-${id}`;
}
