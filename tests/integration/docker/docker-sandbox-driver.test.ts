import { afterAll, describe, expect, it } from "vitest";
import { describeSandboxDriverContract } from "../../contracts/sandbox-driver.contract";
import { DockerFixture, hasDocker, tokenOf } from "./docker-fixture";

if (!hasDocker()) {
  describe.skip("SandboxDriver contract: docker (no DOCKER_HOST)", () => {
    it("needs an engine", () => undefined);
  });
} else {
  const fixture = new DockerFixture();
  const installations = new Set<string>();
  afterAll(async () => {
    for (const id of installations) expect(await fixture.countLeft(id)).toBe(0);
    await fixture.close();
  });
  describeSandboxDriverContract({
    driverName: "docker",
    connect: (installationId) => {
      installations.add(installationId);
      return fixture.connect(installationId);
    },
    tokenOf,
    startTimeoutMs: 60_000,
    clusterProfiles: ["kubernetes", "kubernetes-multinode"],
  });
}
