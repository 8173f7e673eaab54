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
/** Lies in a volume while it is filled the first time: where it has stayed, that was cut short and begins again. */
const BEGUN = "/volume/.begun";
const WHOLE_TEMPLATE = "/volume/.whole-template";

/**
 * The engine's own volumes: they work everywhere, nothing bounds how much a sandbox puts into one, and a template is copied byte by
 * byte where the engine's disk cannot share them.
 */
export class EngineVolumes implements DataVolumes {
  readonly enforcesQuota = false;
  /** Planned for the worst: nothing tells whether the engine's disk can share blocks. */
  readonly copiesTemplates = true;
  readonly #options: EngineVolumesOptions;
  readonly #whole = new Set<string>();

  constructor(options: EngineVolumesOptions) {
    this.#options = options;
  }

  async ensure(id: SandboxId, { template }: VolumeRequest): Promise<VolumeMount> {
    const source = await this.#makeFor(id);
    // What holds anything else is a sandbox's, whatever it began as: only an empty one is filled.
    const fill = [
      `if [ -e ${BEGUN} ] || [ -z "$(ls -A /volume)" ]; then`,
      `  touch ${BEGUN}; find /volume -mindepth 1 ! -path ${BEGUN} -delete`,
      `  cp -a --reflink=auto /template/. /volume/; rm ${BEGUN}; fi`,
    ];
    if (template !== null) await this.#workOn(id, template, fill);
    return { type: "volume", source };
  }

  async renew(id: SandboxId, request: VolumeRequest & { readonly keepsHome: boolean }): Promise<void> {
    await this.#makeFor(id);
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
      `rm -rf /volume/.kept`,
    ];
    await this.#workOn(id, request.template, steps);
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
      `cp -a --reflink=auto /from/. /volume/; touch ${WHOLE_TEMPLATE}`,
    );
  }

  async removeTemplate(name: string): Promise<void> {
    await this.#drop(`${TEMPLATE_PREFIX}${name}`);
  }

  async #makeFor(id: SandboxId): Promise<string> {
    const { installationId, clock } = this.#options;
    await this.#make(nameOf(id), sandboxLabels(installationId, id, clock.nowMs()));
    return nameOf(id);
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

  /** Runs the steps with the sandbox's volume at /volume and the template at /template. Ends what a killed server has left at work there. */
  async #workOn(id: SandboxId, template: string | null, steps: readonly string[]): Promise<void> {
    const { engine, installationId, image } = this.#options;
    const from = template === null ? [] : [`${TEMPLATE_PREFIX}${template}:/template:ro`];
    await workOnVolumes({
      ...{ engine, installationId, image, name: `slipway-work-${id}` },
      ...{ binds: [`${nameOf(id)}:/volume`, ...from], script: steps.join("\n") },
    });
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
