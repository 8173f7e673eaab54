import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { createSandboxAgent } from "../../../server/sandboxes/agent-client";
import { LABELS } from "../../../server/sandboxes/drivers/docker/labels";
import type { SandboxId } from "../../../server/sandboxes/sandbox";
import { DockerFixture, hasDocker, tokenOf } from "./docker-fixture";

const NOTE = "/home/attendee/note.txt";
const MIB = 1_024 * 1_024;
const never = new AbortController().signal;

describe.skipIf(!hasDocker())("a container whose sandbox becomes another profile", () => {
  const fixture = new DockerFixture();
  const installationId = randomUUID();
  afterAll(async () => {
    expect(await fixture.countLeft(installationId)).toBe(0);
    await fixture.close();
  });

  it("has the new limits and the new cluster, and the home as it was", { timeout: 240_000 }, async () => {
    const driver = await fixture.connect(installationId);
    const agent = createSandboxAgent({ access: driver, tokenOf });
    const id = randomUUID() as SandboxId;
    const spec = { id, hostName: "ada" };
    const few = { cpuMillis: 1_000, memoryMiB: 512, diskMiB: 1_024, pidsMax: 512 };
    const many = { cpuMillis: 2_000, memoryMiB: 3_072, diskMiB: 4_096, pidsMax: 4_096 };
    const limitsNow = async () => {
      const filters = { label: [`${LABELS.sandboxId}=${id}`] };
      const [container] = await fixture.docker.listContainers({ filters });
      const { HostConfig } = await fixture.docker.getContainer(container?.Id ?? "").inspect();
      return { memoryMiB: (HostConfig.Memory ?? 0) / MIB, pidsMax: HostConfig.PidsLimit };
    };
    try {
      await driver.create({ ...spec, profile: "docker", limits: few }, never);
      expect(await limitsNow()).toEqual({ memoryMiB: 512, pidsMax: 512 });
      expect((await agent.readHealth(id, never)).cluster).toBe("absent");
      await agent.writeFile(id, { path: NOTE, bytes: Buffer.from("mine") }, never);
      await driver.reset({ ...spec, profile: "kubernetes", limits: many }, { keepsHome: true }, never);
      expect(await limitsNow()).toEqual({ memoryMiB: 3_072, pidsMax: 4_096 });
      expect((await agent.readHealth(id, never)).cluster).toBe("up");
      const note = await agent.readFile(id, { path: NOTE, bytesMax: 100 }, never);
      expect(note.kind === "file" && note.bytes.toString()).toBe("mine");
    } finally {
      await driver.destroy(id);
    }
  });
});
