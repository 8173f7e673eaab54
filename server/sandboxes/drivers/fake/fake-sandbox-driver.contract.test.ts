import { describe, expect, it } from "vitest";
import { describeSandboxDriverContract } from "../../../../tests/contracts/sandbox-driver.contract";
import { FakeClock } from "../../../../tests/support/fake-clock";
import type { SandboxId } from "../../sandbox";
import { FakeHost, FakeSandboxDriver, type FakeFaults } from "./fake-sandbox-driver";

const host = new FakeHost();

describeSandboxDriverContract({
  driverName: "fake",
  connect: async (installationId) => new FakeSandboxDriver({ host, installationId }),
  tokenOf: () => "any",
});

describe("the fake's faults", () => {
  const id = "0b0e7f0e-3d5f-4d0c-9a36-3f6f1f4d1a11" as SandboxId;
  const spec = {
    id,
    profile: "docker" as const,
    hostName: "x",
    limits: { cpuMillis: 1, memoryMiB: 1, diskMiB: 1, pidsMax: 1 },
  };
  const never = new AbortController().signal;

  it.each([
    [{ isFull: true }, "sandbox.capacity-exhausted"],
    [{ failsHalfWay: true }, "sandbox.start-failed"],
    [{ isUnreachable: true }, "driver.unreachable"],
  ] satisfies [FakeFaults, string][])(
    "%o makes create fail with %s and leaves nothing",
    async (faults, code) => {
      const driver = new FakeSandboxDriver({ faults });
      await expect(driver.create(spec, never)).rejects.toMatchObject({ code });
      driver.faults = {};
      expect(await driver.list()).toEqual([]);
    },
  );

  it("is never ready until its start has timed out", async () => {
    const clock = new FakeClock();
    const driver = new FakeSandboxDriver({ faults: { isNeverReady: true }, clock, startTimeoutMs: 5_000 });
    const creating = driver.create(spec, never);
    expect(await driver.observe(id)).toMatchObject({ state: "starting" });
    const outcome = expect(creating).rejects.toMatchObject({ code: "sandbox.start-timed-out" });
    await clock.advance(5_000);
    await outcome;
    expect(await driver.observe(id)).toMatchObject({ state: "absent" });
  });

  it("lies about readiness: create resolves, dial does not", async () => {
    const driver = new FakeSandboxDriver({ faults: { liesAboutReadiness: true } });
    await driver.create(spec, never);
    await expect(driver.dial(id, never)).rejects.toMatchObject({ code: "sandbox.unreachable" });
  });

  it("is preparing some profiles, and refuses them until it has none left to prepare", async () => {
    const driver = new FakeSandboxDriver({ faults: { profiles: { kubernetes: "preparing" } } });
    const wanted = { ...spec, profile: "kubernetes" as const };
    await expect(driver.create(wanted, never)).rejects.toMatchObject({ code: "sandbox.profile-unavailable" });
    driver.faults = {};
    await driver.create(wanted, never);
    expect(await driver.observe(id)).toMatchObject({ state: "running" });
  });

  it("vanishes", async () => {
    const driver = new FakeSandboxDriver({ faults: { vanishes: true } });
    await driver.create(spec, never);
    expect(await driver.observe(id)).toEqual({ id, state: "absent" });
  });
});
