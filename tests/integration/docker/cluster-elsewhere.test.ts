import { randomUUID } from "node:crypto";
import { access } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../server/platform/clock";
import { parseConfig } from "../../../server/platform/config";
import { ensureClassRegistry } from "../../../server/sandboxes/drivers/docker/class-registry";
import { parseTemplateName } from "../../../server/sandboxes/drivers/docker/cluster-template";
import { openVolumes } from "../../../server/sandboxes/drivers/docker/connect-docker";
import { EngineApi } from "../../../server/sandboxes/drivers/docker/engine-api";
import { EngineVolumes } from "../../../server/sandboxes/drivers/docker/engine-volumes";
import { runOnHost } from "../../../server/sandboxes/drivers/docker/host-command";
import type { SandboxId } from "../../../server/sandboxes/sandbox";
import { silentLogger } from "../../support/silent-logger";
import { ClusterSeat } from "./cluster-seat";
import { hasDocker } from "./docker-fixture";

const IMAGE = "slipway/sandbox:current";
const COPY_MS_MAX = 120_000;

/** What a machine without btrfs, without root or with its engine elsewhere does. */
describe.skipIf(!hasDocker())("a cluster on the engine's own volumes", () => {
  const dockerHost = process.env["DOCKER_HOST"] ?? "";
  const engine = new EngineApi(dockerHost);
  const seat = new ClusterSeat();
  const { installationId } = seat;
  const volumes = new EngineVolumes({ engine, installationId, clock: systemClock, image: IMAGE });
  let template: string;

  /** The machine's template of one node, put into a volume of the engine. */
  async function takeTemplate(): Promise<string> {
    const { sandbox } = parseConfig(process.env);
    const { volumesFolder } = sandbox;
    await ensureClassRegistry({ dockerHost, image: sandbox.classRegistryImage });
    const options = { dockerHost, installationId, image: IMAGE, dataFolder: volumesFolder };
    const own = await openVolumes({ ...options, clock: systemClock, log: silentLogger() });
    const names = await own.listTemplates();
    const name = names.find((each) => parseTemplateName(each)?.profile === "kubernetes");
    if (name === undefined) throw new Error("this machine has no template of a cluster: npm run images");
    const folder = path.join(volumesFolder, "volumes/templates", name);
    await access(folder);
    const id = randomUUID() as SandboxId;
    const { source } = await volumes.ensure(id, { diskMiB: 4_096, template: null });
    const { Mountpoint } = await engine.call("inspect volume", (docker) =>
      docker.getVolume(source).inspect(),
    );
    await runOnHost(["cp", "-a", `${folder}/.`, Mountpoint], COPY_MS_MAX);
    await volumes.keepAsTemplate(id, name);
    await volumes.remove(id);
    return name;
  }

  beforeAll(async () => {
    template = await takeTemplate();
    await seat.open("kubernetes", volumes);
  }, 2 * COPY_MS_MAX);
  afterAll(async () => {
    await volumes.removeTemplate(template);
    await seat.close();
  }, COPY_MS_MAX);

  it("is Ready at the first prompt, and runs pods", async () => {
    expect(await seat.type("kubectl get nodes --no-headers")).toMatch(/^kind-control-plane +Ready /);
    await seat.type(
      "kubectl run cache --image redis:7 && kubectl wait pod cache --for=condition=Ready --timeout=90s",
    );
    expect(await seat.type("kubectl exec cache -- redis-cli ping")).toBe("PONG");
  });

  it("sleeps, wakes, and begins anew with its home", async () => {
    await seat.type("kubectl create configmap kept; echo of-mine >~/notes");
    await seat.sleepAndWake();
    expect(await seat.type("kubectl get configmap kept --output name")).toBe("configmap/kept");
    await seat.resetKeepingHome();
    expect(await seat.type("cat ~/notes; kubectl get nodes --no-headers")).toMatch(
      /^of-mine\nkind-control-plane +Ready /,
    );
    expect(await seat.hear("kubectl get configmap kept")).toContain("not found");
  });
});
