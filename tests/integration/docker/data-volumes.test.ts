import { randomUUID } from "node:crypto";
import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import { afterAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../server/platform/clock";
import { parseConfig } from "../../../server/platform/config";
import { BtrfsVolumes, openBtrfsVolumes } from "../../../server/sandboxes/drivers/docker/btrfs-volumes";
import type { DataVolumes } from "../../../server/sandboxes/drivers/docker/data-volumes";
import { EngineApi } from "../../../server/sandboxes/drivers/docker/engine-api";
import { EngineVolumes } from "../../../server/sandboxes/drivers/docker/engine-volumes";
import { runOnHost } from "../../../server/sandboxes/drivers/docker/host-command";
import { workOnVolumes } from "../../../server/sandboxes/drivers/docker/volume-helper";
import type { SandboxId } from "../../../server/sandboxes/sandbox";
import { hasDocker } from "./docker-fixture";

const IMAGE = "slipway/sandbox:current";
const TEST_MS_MAX = 60_000;
const REQUEST = { diskMiB: 1_024, template: null };

/** What an attendee's sandbox leaves in a volume: the engine's data root, and home and system below `upper`. */
const FILL = `mkdir -p /volume/docker /volume/upper/home/attendee/.kube /volume/upper/etc
echo layers >/volume/docker/image; echo template >/volume/upper/home/attendee/.kube/config; echo hosts >/volume/upper/etc/hosts`;

const KEPT_BY_TAR = "--xattrs --xattrs-include='*'";
/** Succeeds where the folder of `layerThatHides` is still marked. */
const HIDES_STILL = `tar -c ${KEPT_BY_TAR} -C /volume/docker layer | grep -qa trusted.overlay.opaque`;

/** A script that makes a folder as a layer of overlay2 has it where it hides the one of the layer below. */
async function layerThatHides(): Promise<string> {
  const archive = pack();
  const pax = { "SCHILY.xattr.trusted.overlay.opaque": "y" };
  archive.entry({ name: "layer", type: "directory", mode: 0o755, pax });
  archive.finalize();
  const packed = (await buffer(archive)).toString("base64");
  return `base64 -d <<<${packed} | tar -x ${KEPT_BY_TAR} -C /volume/docker; ${HIDES_STILL}`;
}

function describeVolumes(name: string, open: (installationId: string) => Promise<DataVolumes>): void {
  describe(`data volumes: ${name}`, () => {
    const installationId = `volumes-${randomUUID()}`;
    const template = `kubernetes.${"0".repeat(12)}.${installationId.slice(8, 16)}0000`;
    const engine = new EngineApi(process.env["DOCKER_HOST"] ?? "");
    const made: SandboxId[] = [];
    const newId = (): SandboxId => {
      const id = randomUUID() as SandboxId;
      made.push(id);
      return id;
    };
    /** Runs a script with the volume at /volume; rejects when it fails. */
    const inside = (source: string, script: string): Promise<void> =>
      workOnVolumes({ ...{ engine, installationId, image: IMAGE, script }, binds: [`${source}:/volume`] });

    afterAll(async () => {
      const volumes = await open(installationId);
      for (const id of made) await volumes.remove(id);
      await volumes.removeTemplate(template);
      expect(await volumes.list()).toEqual([]);
      expect(await volumes.listTemplates()).not.toContain(template);
      const { volumesFolder } = parseConfig(process.env).sandbox;
      const pool = path.join(volumesFolder, "volumes");
      if (volumes instanceof BtrfsVolumes)
        await new BtrfsVolumes(pool, path.join(pool, installationId)).destroyPart();
    }, TEST_MS_MAX);

    it(
      "begin as copies of a template, each its own",
      async () => {
        const volumes = await open(installationId);
        const original = await volumes.ensure(newId(), REQUEST);
        await inside(original.source, FILL);
        await inside(original.source, await layerThatHides());
        await volumes.keepAsTemplate(made[0] as SandboxId, template);
        expect(await volumes.listTemplates()).toContain(template);
        const [first, second] = [newId(), newId()];
        const copy = await volumes.ensure(first, { ...REQUEST, template });
        const other = await volumes.ensure(second, { ...REQUEST, template });
        await inside(copy.source, "grep -q layers /volume/docker/image; echo mine >/volume/docker/image");
        await inside(other.source, "grep -q layers /volume/docker/image");
        await inside(other.source, HIDES_STILL);
        // What exists stays as it is.
        await volumes.ensure(first, { ...REQUEST, template });
        await inside(copy.source, "grep -q mine /volume/docker/image");
      },
      TEST_MS_MAX,
    );

    it(
      "are begun anew, with the home when asked, and with the template's way to its cluster",
      async () => {
        const volumes = await open(installationId);
        const id = newId();
        const { source } = await volumes.ensure(id, { ...REQUEST, template });
        const mine = `echo mine | tee /volume/upper/home/attendee/notes /volume/upper/home/attendee/.kube/config /volume/docker/image`;
        await inside(source, mine);
        await volumes.renew(id, { ...REQUEST, template, keepsHome: true });
        const { source: kept } = await volumes.ensure(id, { ...REQUEST, template });
        await inside(
          kept,
          `grep -q mine /volume/upper/home/attendee/notes; grep -q template /volume/upper/home/attendee/.kube/config
           grep -q layers /volume/docker/image; grep -q hosts /volume/upper/etc/hosts`,
        );
        await volumes.renew(id, { ...REQUEST, template, keepsHome: false });
        const { source: fresh } = await volumes.ensure(id, { ...REQUEST, template });
        await inside(
          fresh,
          "[ ! -e /volume/upper/home/attendee/notes ]; grep -q layers /volume/docker/image",
        );
      },
      TEST_MS_MAX,
    );

    it(
      "that began without a template become a copy of one when they are renewed, with the home as it was",
      async () => {
        const volumes = await open(installationId);
        const id = newId();
        const { source } = await volumes.ensure(id, REQUEST);
        await inside(
          source,
          "mkdir -p /volume/upper/home/attendee; echo mine >/volume/upper/home/attendee/notes",
        );
        // What exists stays as it is, whatever it should have begun as.
        await volumes.ensure(id, { ...REQUEST, template });
        await inside(source, "grep -q mine /volume/upper/home/attendee/notes; [ ! -e /volume/docker/image ]");
        await volumes.renew(id, { ...REQUEST, template, keepsHome: true });
        const { source: renewed } = await volumes.ensure(id, { ...REQUEST, template });
        await inside(
          renewed,
          "grep -q mine /volume/upper/home/attendee/notes; grep -q layers /volume/docker/image",
        );
      },
      TEST_MS_MAX,
    );

    it(
      "follow no link that an attendee's root has left in the place of the home",
      async () => {
        const volumes = await open(installationId);
        const id = newId();
        const { source } = await volumes.ensure(id, { ...REQUEST, template });
        const outside = "/etc/slipway-must-not-appear";
        await inside(
          source,
          `rm -rf /volume/upper/home/attendee; ln -s ${outside} /volume/upper/home/attendee`,
        );
        await volumes.renew(id, { ...REQUEST, template, keepsHome: true });
        const { source: renewed } = await volumes.ensure(id, { ...REQUEST, template });
        await inside(renewed, `[ -L /volume/upper/home/attendee ]; [ ! -e ${outside} ]`);
      },
      TEST_MS_MAX,
    );
  });
}

if (!hasDocker()) {
  describe.skip("data volumes (no DOCKER_HOST)", () => {
    it("need an engine", () => undefined);
  });
} else {
  const engine = new EngineApi(process.env["DOCKER_HOST"] ?? "");
  const dataFolder = parseConfig(process.env).sandbox.volumesFolder;
  const btrfs = await openBtrfsVolumes({ engine, dataFolder, installationId: "volumes-probe" });
  if (btrfs.kind === "open") {
    await btrfs.volumes.destroyPart();
    it(
      "btrfs: subvolumes in subvolumes go with their sandbox, and no name of one leads to another's",
      async () => {
        const installationId = `volumes-${randomUUID()}`;
        const opened = await openBtrfsVolumes({ engine, dataFolder, installationId });
        if (opened.kind !== "open") throw new Error(opened.reason);
        const { volumes } = opened;
        const [id, neighbour] = [randomUUID() as SandboxId, randomUUID() as SandboxId];
        const { source } = await volumes.ensure(id, REQUEST);
        const { source: other } = await volumes.ensure(neighbour, REQUEST);
        const make = (name: string): Promise<string> =>
          runOnHost(["btrfs", "subvolume", "create", path.join(source, name)]);
        await make("outer");
        await make("outer/inner");
        // What `btrfs subvolume list` prints of it has a second line, with the path of the neighbour.
        await mkdir(path.join(source, `trap\nx path ${installationId}`));
        await make(`trap\nx path ${installationId}/${neighbour}`);
        await expect(volumes.remove(id)).rejects.toThrow();
        expect(await volumes.list()).toContainEqual(expect.objectContaining({ id: neighbour }));
        await stat(other);
        await expect(stat(path.join(source, "outer"))).rejects.toThrow();
        await runOnHost([
          "btrfs",
          "subvolume",
          "delete",
          path.join(source, `trap\nx path ${installationId}/${neighbour}`),
        ]);
        for (const each of [id, neighbour]) await volumes.remove(each);
        await volumes.destroyPart();
      },
      TEST_MS_MAX,
    );
    describeVolumes("btrfs", async (installationId) => {
      const opened = await openBtrfsVolumes({ engine, dataFolder, installationId });
      if (opened.kind !== "open") throw new Error(opened.reason);
      return opened.volumes;
    });
  }
  const openOwn = (installationId: string): EngineVolumes =>
    new EngineVolumes({ engine, installationId, clock: systemClock, image: IMAGE });
  describeVolumes("the engine's own", async (installationId) => openOwn(installationId));

  it(
    "the engine's own keep the home through a renewal that was cut short",
    async () => {
      const installationId = `volumes-${randomUUID()}`;
      const volumes = openOwn(installationId);
      const id = randomUUID() as SandboxId;
      const { source } = await volumes.ensure(id, REQUEST);
      const inside = (script: string): Promise<void> =>
        workOnVolumes({ ...{ engine, installationId, image: IMAGE, script }, binds: [`${source}:/volume`] });
      await inside("mkdir -p /volume/.kept/home/attendee; echo mine >/volume/.kept/home/attendee/notes");
      await volumes.ensure(id, REQUEST);
      await volumes.renew(id, { ...REQUEST, keepsHome: true });
      await inside("grep -q mine /volume/upper/home/attendee/notes; [ ! -e /volume/.kept ]");
      await volumes.remove(id);
    },
    TEST_MS_MAX,
  );
}
