import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { systemClock, type Clock } from "../../../server/platform/clock";
import { EngineApi } from "../../../server/sandboxes/drivers/docker/engine-api";
import {
  HELPER_MS_MAX,
  runHelper,
  sweepHelpers,
} from "../../../server/sandboxes/drivers/docker/helper-container";
import { roleLabels } from "../../../server/sandboxes/drivers/docker/labels";
import { DockerFixture, hasDocker } from "./docker-fixture";

const IMAGE = "slipway/sandbox:current";

describe.skipIf(!hasDocker())("helper containers", () => {
  const fixture = new DockerFixture();
  const engine = new EngineApi(process.env["DOCKER_HOST"] ?? "");
  const installationId = randomUUID();
  const laterBy = (ms: number): Clock => ({ ...systemClock, nowMs: () => systemClock.nowMs() + ms });
  const run = (script: string, timeoutMs = 20_000) =>
    runHelper({
      ...{ engine, installationId, role: "volume-helper", timeoutMs },
      container: { Image: IMAGE, Entrypoint: ["sh", "-c", script], HostConfig: { NetworkMode: "none" } },
    });
  const sweepAfter = (ms: number) => sweepHelpers({ engine, installationId, clock: laterBy(ms) });
  afterAll(() => sweepAfter(HELPER_MS_MAX + 60_000));

  it("answer how they ended and what they said, and are gone", async () => {
    const { exitCode, said } = await run("echo one; echo two >&2; exit 3");
    expect(exitCode).toBe(3);
    // Two streams have no order between them.
    expect(said.split("\n").sort()).toEqual(["", "one", "two"]);
    await expect(run("sleep 60", 500)).rejects.toThrow("no answer from the engine within 500 ms");
    expect(await fixture.countLeft(installationId)).toBe(0);
  });

  it("of a server that was killed are swept: one that has ended soon, one that runs when it may no longer", async () => {
    const leave = async (script: string): Promise<void> => {
      const container = await fixture.docker.createContainer({
        ...{ Image: IMAGE, Entrypoint: ["sh", "-c", script], HostConfig: { NetworkMode: "none" } },
        Labels: roleLabels(installationId, "host-probe"),
      });
      await container.start();
      if (script === "true") await container.wait();
    };
    await Promise.all([leave("true"), leave("sleep 600")]);
    await sweepAfter(0);
    expect(await fixture.countLeft(installationId)).toBe(2);
    await sweepAfter(60_000);
    expect(await fixture.countLeft(installationId)).toBe(1);
    await sweepAfter(HELPER_MS_MAX + 60_000);
    expect(await fixture.countLeft(installationId)).toBe(0);
  });
});
