import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../server/platform/clock";
import { waitUntil } from "../../server/platform/wait-until";
import { bundleServer } from "../../setup/bundle-server";
import { joinAs, untilSandbox, untilSandboxReady, type Attendee } from "../support/attendee";
import { countSandboxContainers } from "../support/engine-census";
import { startOwnHost, whyNoOwnHost, type OwnHost } from "../support/own-host";
import type { Platform } from "../support/platform";
import { openTerminal, type TerminalClient } from "../support/terminal-client";

const ROOT = path.resolve(import.meta.dirname, "../..");
/** A dead engine refuses at once: the next look of the reconciler sees it. */
const NOTICED_MS_MAX = 10_000;
/** A hung one is given 10 s for its answer first. */
const HANG_NOTICED_MS_MAX = 20_000;
const ENGINE_BACK_MS_MAX = 20_000;
/** A keystroke needs neither engine nor database, whatever they suffer. */
const ECHO_MS_MAX = 2_000;
/** Of a disk; new sandboxes want 4 GiB, see server/sandboxes/capacity.ts. */
const SHORT_OF_DISK_MIB = 2_048;
/** More than the disk takes, in one file and in hundreds, each pushed to the disk. */
const WRITE_MUCH = [
  "dd if=/dev/urandom of=more bs=1M count=100 conv=fsync",
  "for n in $(seq 500); do echo $n >small-$n; done; sync",
  "rm small-*; sync; echo wrote-$?\n",
].join("; ");

const reason = whyNoOwnHost();
if (reason !== undefined) process.stderr.write(`SKIPPED: faults of a host: ${reason}\n`);

/** The real server on a real host of the test's own, whose engine and disk are hurt on purpose. */
describe.skipIf(reason !== undefined)("a host that is hurt", () => {
  let host: OwnHost;
  let platform: Platform;
  let ada: Attendee;
  let terminal: TerminalClient;
  let terminalCount = 0;

  beforeAll(async () => {
    await bundleServer(ROOT);
    host = await startOwnHost();
    // Only what attendees ask for: the containers are counted.
    platform = await host.startPlatform({ POOL_TARGET: "0" });
    ada = await joinAs("Ada", platform);
    await untilSandboxReady(ada);
    terminal = await openTerminal(ada, ada);
    await terminal.waitFor(/\$ $/);
    terminal.type("MARK=kept-$((40+2)); echo $MARK\n");
    await terminal.waitFor(/kept-42\r/);
  }, 120_000);
  afterAll(async () => {
    await platform.stop();
    await host.dispose();
  }, 60_000);

  /** The very shell of the beginning, typed to through the socket of the beginning. */
  const expectShellAnswers = async (): Promise<void> => {
    terminalCount += 1;
    terminal.type(`echo $MARK-${terminalCount}\n`);
    await terminal.waitFor(new RegExp(`kept-42-${terminalCount}`), ECHO_MS_MAX);
  };
  /** What a reload shows: everything since the beginning. */
  const expectScrollback = async (): Promise<void> => {
    const again = await openTerminal(ada, { cohortId: ada.cohortId, terminalId: terminal.terminalId });
    await again.waitFor(/kept-42\r[\s\S]*kept-42-1\r/);
    again.close();
  };
  const countContainers = (): Promise<number> => countSandboxContainers(host.dataFolder, host.dockerHost);
  const readiness = async (): Promise<number> => (await fetch(`${platform.url}/readyz`)).status;
  const untilReadyAgain = (): Promise<void> =>
    waitUntil("the platform is ready", async () => (await readiness()) === 200, {
      timeoutMs: ENGINE_BACK_MS_MAX,
      clock: systemClock,
    });

  it("engine killed with -9: sandboxes are shown as unreachable, shells go on, requests wait with words, all of it ends by itself", async () => {
    const before = await countContainers();
    await host.stopKeepingEngine();
    process.kill(await host.enginePid(), "SIGKILL");
    await untilSandbox(ada, { state: "unreachable" }, NOTICED_MS_MAX);
    await expectShellAnswers();
    const second = await openTerminal(ada, ada);
    await second.waitFor(/\$ $/);
    second.close();
    const bob = await joinAs("Bob", platform);
    await untilSandbox(bob, { state: "queued", waitsFor: "host" }, NOTICED_MS_MAX);
    expect(await readiness()).toBe(503);
    await host.keepEngine();
    await untilSandboxReady(ada, ENGINE_BACK_MS_MAX);
    await untilSandboxReady(bob, ENGINE_BACK_MS_MAX);
    await untilReadyAgain();
    await expectShellAnswers();
    await expectScrollback();
    expect(await countContainers()).toBe(before + 1);
  });

  it("engine killed with -9 under npm start: back by itself", async () => {
    const before = await host.enginePid();
    process.kill(before, "SIGKILL");
    await waitUntil("another engine runs", async () => (await host.enginePid()) !== before, {
      timeoutMs: ENGINE_BACK_MS_MAX,
      clock: systemClock,
    });
    await untilReadyAgain();
    await untilSandboxReady(ada, ENGINE_BACK_MS_MAX);
    await expectShellAnswers();
  });

  it("engine that hangs: unreachable too, shells go on, what was asked meanwhile is made exactly once", async () => {
    const [pid, before] = [await host.enginePid(), await countContainers()];
    const cleo = await joinAs("Cleo", platform);
    await cleo.api.sandboxes.request.mutate({ cohortId: cleo.cohortId });
    process.kill(pid, "SIGSTOP");
    try {
      await expectShellAnswers();
      await untilSandbox(ada, { state: "unreachable" }, HANG_NOTICED_MS_MAX);
      const second = await openTerminal(ada, ada);
      await second.waitFor(/\$ $/);
      second.close();
      await expectShellAnswers();
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await untilSandboxReady(ada, ENGINE_BACK_MS_MAX);
    await untilSandboxReady(cleo, ENGINE_BACK_MS_MAX);
    expect(await countContainers()).toBe(before + 1);
  });

  it("disk nearly full: nobody new is admitted and the reason is told, who is there works on, admitted by itself once freed", async () => {
    await host.fillDisk(SHORT_OF_DISK_MIB);
    const dora = await joinAs("Dora", platform);
    await untilSandbox(dora, { state: "queued", waitsFor: "disk", place: 1 }, NOTICED_MS_MAX);
    terminal.type("dd if=/dev/zero of=mine bs=1M count=100 conv=fsync; echo wrote-$?\n");
    await terminal.waitFor(/wrote-0/);
    await host.freeDisk();
    await untilSandboxReady(dora, ENGINE_BACK_MS_MAX);
  });

  it("disk full to the last block: shells go on, the database says so, keeps what it acknowledged and is back once freed", async () => {
    const acknowledged: Attendee[] = [];
    await host.fillDisk(0);
    try {
      terminal.type(WRITE_MUCH);
      await terminal.waitFor(/wrote-\d/, 30_000);
      for (const name of ["Fay", "Gus", "Hal"]) acknowledged.push(await joinAs(name, platform));
      // Its log is what it cannot do without: made to need the next file of it.
      await expect(
        host.runSql("select pg_switch_wal(), pg_logical_emit_message(true, 'a', repeat('b', 100))"),
      ).rejects.toThrow();
      const refused = await ada.api.cohorts.mine.query().catch((error: unknown) => error);
      expect(refused).toMatchObject({ data: { appCode: "database.unavailable", httpStatus: 503 } });
      expect((await fetch(platform.url)).status).toBe(200);
      await expectShellAnswers();
    } finally {
      await host.freeDisk();
    }
    await untilReadyAgain();
    for (const attendee of acknowledged) {
      expect(await attendee.api.cohorts.mine.query()).toHaveLength(1);
      await untilSandboxReady(attendee, ENGINE_BACK_MS_MAX);
    }
    await untilSandboxReady(ada, ENGINE_BACK_MS_MAX);
    terminal.type(
      "rm more mine && dd if=/dev/zero of=mine bs=1M count=100 conv=fsync; echo wrote-again-$?\n",
    );
    await terminal.waitFor(/wrote-again-0/, 30_000);
  });
});
