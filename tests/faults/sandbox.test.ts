import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../server/platform/clock";
import { waitUntil } from "../../server/platform/wait-until";
import { bundleServer } from "../../setup/bundle-server";
import type { Attendee } from "../support/attendee";
import { makeDataFolder, removeDataFolder, startPlatform, type Platform } from "../support/platform";
import { besideNeighbour, openPrompt, runChecks, takeSeat, type Seat } from "../support/seat";
import { openTerminal, type TerminalClient } from "../support/terminal-client";

const ROOT = path.resolve(import.meta.dirname, "../..");
const LAB = { labId: "first-containers", stepId: "hello" };
/** Small, so that they are soon reached, and half of a small machine's cores. */
const SETTINGS = {
  POOL_TARGET: "0",
  SANDBOX_CPU_MILLIS: "1000",
  SANDBOX_MEMORY_MIB: "1024",
  SANDBOX_DISK_MIB: "2048",
  SANDBOX_PIDS: "512",
};
/** What somebody who types notices; measured beside a busy test, not on an idle machine. */
const PATIENCE = { echoMsMax: 1_000, checkMsMax: 5_000 };
const RECOVERED_MS_MAX = 30_000;
const within = { timeoutMs: RECOVERED_MS_MAX, clock: systemClock };

/** A prompt in a new terminal, as soon as one can be had. */
async function openAgain(attendee: Attendee): Promise<TerminalClient> {
  const opened: TerminalClient[] = [];
  const open = async (): Promise<boolean> => opened.push(await openPrompt(attendee)) > 0;
  await waitUntil("a terminal opens", open, within);
  return opened[0] as TerminalClient;
}

/** The inner engine answers, soon at least. */
async function expectEngine(terminal: TerminalClient): Promise<void> {
  terminal.type("until docker info >/dev/null 2>&1; do sleep 0.1; done; echo engine-$?\n");
  await terminal.waitFor(/engine-0/, RECOVERED_MS_MAX);
}

/** What root in a sandbox can do to it, and what everybody sees of it. */
describe("a sandbox whose attendee hurts it", () => {
  let dataFolder: string;
  let platform: Platform;
  let neighbour: Seat;
  beforeAll(async () => {
    await bundleServer(ROOT);
    dataFolder = await makeDataFolder();
    platform = await startPlatform({ dataFolder, env: SETTINGS });
    neighbour = await sit("Nora");
  });
  afterAll(async () => {
    await platform.stop();
    await removeDataFolder(dataFolder);
  });

  const sit = (name: string): Promise<Seat> => takeSeat(name, platform, LAB);
  const beside = <Value>(fault: Promise<Value>): Promise<Value> =>
    besideNeighbour(neighbour, PATIENCE, fault);

  it("disk filled: refused by its own quota, cleared by deleting, the engine with it", async () => {
    const { attendee, terminal } = await sit("Filler");
    terminal.type("dd if=/dev/zero of=fill bs=1M count=4000; echo filled-$?\n");
    const said = await beside(terminal.waitFor(/filled-\d/, 60_000));
    expect(said).toMatch(/quota exceeded|No space left/i);
    await openPrompt(attendee);
    terminal.type("rm fill && sync && dd if=/dev/zero of=fine bs=1M count=100 conv=fsync; echo cleared-$?\n");
    await terminal.waitFor(/cleared-0/, RECOVERED_MS_MAX);
    await expectEngine(terminal);
  });

  it("forks without end: held to its processes and told so, ended by closing the terminal", async () => {
    const { attendee, terminal } = await sit("Forker");
    const { cohortId } = attendee;
    terminal.type("bomb() { bomb | bomb & }; bomb\n");
    const said = await beside(terminal.waitFor(/Resource temporarily unavailable/, 60_000));
    expect(said).toContain("fork");
    const { terminalId } = terminal;
    await beside(attendee.api.terminals.close.mutate({ cohortId, terminalId }));
    await expectEngine(await openAgain(attendee));
  });

  it("leaves no process to spare: what floods a terminal arrives all the same", async () => {
    const { attendee, terminal } = await sit("Hoarder");
    const { cohortId } = attendee;
    terminal.type("sh -c 'while :; do sleep 1000 & done'\n");
    await beside(terminal.waitFor(/Cannot fork/, 60_000));
    const lines = 20_000;
    terminal.type(
      `printf -v line %01000d 0; for ((i = 0; i < ${lines}; i++)); do echo $line; done; echo flood-$?\n`,
    );
    const said = await beside(terminal.waitFor(/flood-0/, 60_000));
    expect(said.match(/0{1000}/g)).toHaveLength(lines);
    const { terminalId } = terminal;
    await attendee.api.terminals.close.mutate({ cohortId, terminalId });
    await expectEngine(await openAgain(attendee));
  });

  it("eats all memory: the eater is ended and its shell says so, the rest goes on", async () => {
    const { terminal } = await sit("Eater");
    terminal.type("tail /dev/zero; echo eaten-$?\n");
    const said = await beside(terminal.waitFor(/eaten-\d+/, 60_000));
    expect(said).toMatch(/Killed[\s\S]*eaten-137/);
    await expectEngine(terminal);
  });

  it("kills the agent: its terminals are gone and that is said, a new one opens in seconds", async () => {
    const { attendee, terminal } = await sit("Killer");
    terminal.type("sudo pkill -9 -f agent.mjs\n");
    await beside(terminal.closed);
    const again = await openAgain(attendee);
    await expectEngine(again);
    const { terminalId } = terminal;
    const refused = await openTerminal(attendee, { cohortId: attendee.cohortId, terminalId }).catch(
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ data: { appCode: "terminal.not-found" } });
    expect(again.terminalId).not.toBe(terminalId);
  });

  it("kills the inner engine: a check says that it does not answer, and it comes back by itself", async () => {
    const seat = await sit("Stopper");
    const { terminal } = seat;
    terminal.type("while [ ! -e /tmp/enough ]; do sudo pkill -9 -x dockerd; done; echo enough-$?\n");
    let attempt = await beside(runChecks(seat));
    await waitUntil(
      "a check meets no engine",
      async () => (attempt = await runChecks(seat)).verdict === "errored",
      within,
    );
    expect(attempt.checks[0]?.seen).toMatch(/Docker engine is (not answering|still starting)/);
    const other = await openPrompt(seat.attendee);
    other.type("touch /tmp/enough; until docker info >/dev/null 2>&1; do sleep 0.1; done; echo back-$?\n");
    await beside(other.waitFor(/back-0/, RECOVERED_MS_MAX));
    expect((await runChecks(seat)).verdict).toBe("failed");
  });

  it("walls itself in by its own firewall: terminals open and checks answer all the same", async () => {
    const seat = await sit("Mason");
    const rules = ["-F", "-t nat -F", "-P INPUT DROP", "-P OUTPUT DROP", "-P FORWARD DROP"];
    const script = rules.map((rule) => `iptables ${rule}`).join("; ");
    seat.terminal.type(`sudo sh -c '${script}; touch /tmp/walled'\n`);
    // A terminal that is opened while the wall goes up loses the way that it came by.
    const isInside = async (): Promise<boolean> => {
      const again = await openPrompt(seat.attendee);
      again.type("until [ -e /tmp/walled ]; do sleep 0.1; done; echo inside-$?\n");
      await again.waitFor(/inside-0/, RECOVERED_MS_MAX / 6);
      return true;
    };
    await beside(waitUntil("a terminal opens inside the wall", isInside, within));
    const after = await beside(openAgain(seat.attendee));
    await expectEngine(after);
    expect((await beside(runChecks(seat))).verdict).toBe("failed");
  });
});
