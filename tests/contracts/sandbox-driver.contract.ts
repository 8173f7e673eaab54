import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../server/platform/clock";
import { waitUntil } from "../../server/platform/wait-until";
import { createSandboxAgent } from "../../server/sandboxes/agent-client";
import { PROFILES, type Profile } from "../../server/protocol";
import type { SandboxId } from "../../server/sandboxes/sandbox";
import type { SandboxAgent } from "../../server/sandboxes/sandbox-agent";
import type { SandboxDriver, SandboxLimits, SandboxSpec } from "../../server/sandboxes/sandbox-driver";

export interface SandboxDriverContractOptions {
  readonly driverName: string;
  /** A new driver object for an installation: twice the same id is what a restarted server sees. */
  readonly connect: (installationId: string) => Promise<SandboxDriver>;
  /** The token that the driver's agents answer to. */
  readonly tokenOf: (id: SandboxId) => string;
  readonly limits?: SandboxLimits;
  /** Profiles beside `docker` whose sandboxes are made and looked at; each must be ready. They take seconds, with a real cluster. */
  readonly clusterProfiles?: readonly Profile[];
  /** For one sandbox to start, at most. */
  readonly startTimeoutMs?: number;
  /** Guarantees this driver cannot give, each with the reason. Reviewed like code. */
  readonly waived?: Readonly<Record<string, string>>;
}

const LIMITS: SandboxLimits = { cpuMillis: 1_000, memoryMiB: 512, diskMiB: 1_024, pidsMax: 512 };
/** A control plane alone takes more than most sandboxes. */
const CLUSTER_LIMITS: SandboxLimits = { cpuMillis: 2_000, memoryMiB: 4_096, diskMiB: 8_192, pidsMax: 8_192 };
const DEFAULT_START_TIMEOUT_MS = 20_000;

/** Every promise in the docs of `SandboxDriver`, as tests. A driver exists when this passes. */
export function describeSandboxDriverContract(options: SandboxDriverContractOptions): void {
  const timeoutMs = (options.startTimeoutMs ?? DEFAULT_START_TIMEOUT_MS) * 4;
  const waived = options.waived ?? {};
  const used = new Set<string>();
  const guarantee = (title: string, body: () => Promise<void>): void => {
    used.add(title);
    const waiver = waived[title];
    if (waiver === undefined) it(title, body, timeoutMs);
    else it.skip(`${title} (waived: ${waiver})`, body);
  };

  describe(`SandboxDriver contract: ${options.driverName}`, () => {
    const installationId = randomUUID();
    const never = new AbortController().signal;
    let driver: SandboxDriver;
    let agent: SandboxAgent;
    let spec: SandboxSpec;
    const made: SandboxId[] = [];
    const newSpec = (): SandboxSpec => {
      const id = randomUUID() as SandboxId;
      made.push(id);
      return {
        id,
        profile: "docker",
        hostName: `contract-${id.slice(0, 8)}`,
        limits: options.limits ?? LIMITS,
      };
    };
    const note = { path: "note", bytes: Buffer.from("mine") };
    const writeNote = (): Promise<void> => agent.writeFile(spec.id, note, never);
    const readNote = async (): Promise<string> => {
      const seen = await agent.readFile(spec.id, { path: note.path, bytesMax: 100 }, never);
      return seen.kind === "file" ? seen.bytes.toString() : seen.kind;
    };
    const listed = async (from: SandboxDriver): Promise<string[]> =>
      (await from.list()).filter(({ state }) => state !== "absent").map(({ id }) => id);

    beforeAll(async () => {
      driver = await options.connect(installationId);
      agent = createSandboxAgent({ access: driver, tokenOf: options.tokenOf });
    }, timeoutMs);
    beforeEach(() => {
      spec = newSpec();
    });
    afterEach(async () => {
      for (const id of made.splice(0)) await driver.destroy(id);
    }, timeoutMs);
    afterAll(async () => {
      expect(await listed(driver)).toEqual([]);
    }, timeoutMs);

    it("waives only guarantees that exist", () => {
      expect(Object.keys(waived).filter((title) => !used.has(title))).toEqual([]);
    });

    guarantee("create returns only when the agent and the engine answer", async () => {
      await driver.create(spec, never);
      const health = await agent.readHealth(spec.id, never);
      expect(["up", "absent"]).toContain(health.engine);
      expect(await driver.observe(spec.id)).toMatchObject({ id: spec.id, state: "running" });
    });
    guarantee("observe tells when the sandbox was created", async () => {
      const before = Date.now();
      await driver.create(spec, never);
      const seen = await driver.observe(spec.id);
      expect(seen.state === "absent" ? 0 : seen.createdAtMs).toBeGreaterThan(before - 5_000);
      expect(seen.state === "absent" ? 0 : seen.createdAtMs).toBeLessThan(Date.now() + 5_000);
    });
    guarantee("create is idempotent on the id", async () => {
      await driver.create(spec, never);
      const terminal = await agent.openTerminal(spec.id, { columns: 80, rows: 24 }, never);
      await driver.create(spec, never);
      expect((await listed(driver)).filter((id) => id === spec.id)).toHaveLength(1);
      const ids = (await agent.listTerminals(spec.id, never)).map(({ terminalId }) => terminalId);
      expect(ids).toEqual([terminal.terminalId]);
    });
    guarantee("two creates at once make one sandbox", async () => {
      await Promise.all([driver.create(spec, never), driver.create(spec, never)]);
      expect((await listed(driver)).filter((id) => id === spec.id)).toHaveLength(1);
      await agent.readHealth(spec.id, never);
    });
    guarantee("a create aborted before it starts leaves nothing", async () => {
      await expect(driver.create(spec, AbortSignal.abort())).rejects.toBeDefined();
      expect(await driver.observe(spec.id)).toEqual({ id: spec.id, state: "absent" });
    });
    guarantee("a create aborted on its way leaves nothing", async () => {
      const abort = new AbortController();
      const creating = driver.create(spec, abort.signal);
      setImmediate(() => {
        abort.abort();
      });
      await creating.catch(() => undefined);
      // The abort may have come too late: then the sandbox is there, whole.
      const { state } = await driver.observe(spec.id);
      expect(["absent", "running"]).toContain(state);
      if (state === "absent") expect(await listed(driver)).not.toContain(spec.id);
      else await agent.readHealth(spec.id, never);
    });
    guarantee("observe answers absent for an unknown id", async () => {
      expect(await driver.observe(spec.id)).toEqual({ id: spec.id, state: "absent" });
    });
    guarantee("list sees the sandboxes of an earlier process", async () => {
      await driver.create(spec, never);
      const second = await options.connect(installationId);
      expect(await listed(second)).toContain(spec.id);
      expect(await second.observe(spec.id)).toMatchObject({ state: "running" });
      await createSandboxAgent({ access: second, tokenOf: options.tokenOf }).readHealth(spec.id, never);
    });
    guarantee("another installation's sandboxes are neither listed nor touched", async () => {
      await driver.create(spec, never);
      const stranger = await options.connect(randomUUID());
      expect(await listed(stranger)).toEqual([]);
      await stranger.destroy(spec.id);
      expect(await driver.observe(spec.id)).toMatchObject({ state: "running" });
    });
    guarantee("destroy is idempotent and leaves nothing", async () => {
      await driver.create(spec, never);
      await driver.destroy(spec.id);
      await driver.destroy(spec.id);
      expect(await driver.observe(spec.id)).toEqual({ id: spec.id, state: "absent" });
      expect(await listed(driver)).not.toContain(spec.id);
    });
    guarantee("destroy resolves for a sandbox that never was", async () => {
      await driver.destroy(spec.id);
    });
    guarantee("destroy during create wins", async () => {
      const creating = driver.create(spec, never).catch(() => undefined);
      await driver.destroy(spec.id);
      await creating;
      await driver.destroy(spec.id);
      expect(await driver.observe(spec.id)).toEqual({ id: spec.id, state: "absent" });
    });
    guarantee("a destroyed sandbox can be created again, empty", async () => {
      await driver.create(spec, never);
      await agent.writeFile(spec.id, { path: "left-behind", bytes: Buffer.from("old") }, never);
      await driver.destroy(spec.id);
      await driver.create(spec, never);
      const found = await agent.readFile(spec.id, { path: "left-behind", bytesMax: 10 }, never);
      expect(found.kind).toBe("absent");
    });
    guarantee("dial reaches the agent, and each stream is its own", async () => {
      await driver.create(spec, never);
      const streams = await Promise.all([driver.dial(spec.id, never), driver.dial(spec.id, never)]);
      expect(streams[0]).not.toBe(streams[1]);
      for (const stream of streams) stream.destroy();
      await agent.readHealth(spec.id, never);
    });
    guarantee("dial into an absent sandbox is sandbox.not-found", async () => {
      await expect(driver.dial(spec.id, never)).rejects.toMatchObject({ code: "sandbox.not-found" });
    });
    guarantee("sleep keeps the files, wake brings them back, and both are idempotent", async () => {
      if (!driver.capabilities.canSleep) {
        await driver.create(spec, never);
        await expect(driver.sleep(spec.id)).rejects.toMatchObject({ code: "driver.unsupported" });
        return;
      }
      await driver.create(spec, never);
      await agent.writeFile(spec.id, { path: "kept", bytes: Buffer.from("still here") }, never);
      await driver.sleep(spec.id);
      await driver.sleep(spec.id);
      expect(await driver.observe(spec.id)).toMatchObject({ state: "asleep" });
      await expect(driver.dial(spec.id, never)).rejects.toMatchObject({ code: "sandbox.unreachable" });
      await driver.wake(spec.id, never);
      await driver.wake(spec.id, never);
      const kept = await agent.readFile(spec.id, { path: "kept", bytesMax: 100 }, never);
      expect(kept.kind === "file" ? kept.bytes.toString() : kept.kind).toBe("still here");
    });
    guarantee("sleep and wake of an absent sandbox are sandbox.not-found", async () => {
      await expect(driver.sleep(spec.id)).rejects.toMatchObject({ code: "sandbox.not-found" });
      await expect(driver.wake(spec.id, never)).rejects.toMatchObject({ code: "sandbox.not-found" });
    });
    guarantee(
      "profiles are told in their order, and one that is not ready is refused and leaves nothing",
      async () => {
        const states = await driver.readProfiles();
        expect(states.map(({ profile }) => profile)).toEqual(PROFILES);
        expect(states[0]).toEqual({ profile: "docker", state: "ready" });
        for (const { profile } of states.filter(({ state }) => state !== "ready")) {
          const refused = newSpec();
          await expect(driver.create({ ...refused, profile }, never)).rejects.toMatchObject({
            code: "sandbox.profile-unavailable",
          });
          expect(await driver.observe(refused.id)).toEqual({ id: refused.id, state: "absent" });
        }
      },
    );
    for (const profile of options.clusterProfiles ?? []) {
      guarantee(`a ${profile} sandbox has its cluster when create, wake and reset return`, async () => {
        const clusterState = async () => (await agent.readHealth(spec.id, never)).cluster;
        const clustered = { ...spec, profile, limits: CLUSTER_LIMITS };
        await driver.create(clustered, never);
        expect(await clusterState()).toBe("up");
        await driver.sleep(spec.id);
        await driver.wake(spec.id, never);
        expect(await clusterState()).toBe("up");
        await driver.reset(clustered, { keepsHome: true }, never);
        expect(await clusterState()).toBe("up");
      });
    }
    guarantee("reset without the home leaves nothing of what was there", async () => {
      await driver.create(spec, never);
      await writeNote();
      await driver.reset(spec, { keepsHome: false }, never);
      expect(await driver.observe(spec.id)).toMatchObject({ state: "running" });
      expect(await readNote()).toBe("absent");
      expect((await agent.listTerminals(spec.id, never)).length).toBe(0);
    });
    guarantee("reset with the home keeps it, however often, and makes no second sandbox", async () => {
      await driver.create(spec, never);
      await writeNote();
      await driver.reset(spec, { keepsHome: true }, never);
      await driver.reset(spec, { keepsHome: true }, never);
      expect(await readNote()).toBe("mine");
      expect((await listed(driver)).filter((id) => id === spec.id)).toHaveLength(1);
    });
    guarantee("reset brings up a sandbox that is asleep, with its home", async () => {
      await driver.create(spec, never);
      await writeNote();
      if (driver.capabilities.canSleep) await driver.sleep(spec.id);
      await driver.reset(spec, { keepsHome: true }, never);
      expect(await driver.observe(spec.id)).toMatchObject({ state: "running" });
      expect(await readNote()).toBe("mine");
    });
    guarantee("a reset that is cut short never loses the home, and is done again", async () => {
      await driver.create(spec, never);
      await writeNote();
      const abort = new AbortController();
      const resetting = driver.reset(spec, { keepsHome: true }, abort.signal);
      setImmediate(() => {
        abort.abort();
      });
      await resetting.catch(() => undefined);
      const later = await options.connect(installationId);
      await later.reset(spec, { keepsHome: true }, never);
      expect(await readNote()).toBe("mine");
    });
    guarantee("reset of an absent sandbox is sandbox.not-found, and makes none", async () => {
      await expect(driver.reset(spec, { keepsHome: true }, never)).rejects.toMatchObject({
        code: "sandbox.not-found",
      });
      expect(await driver.observe(spec.id)).toEqual({ id: spec.id, state: "absent" });
    });
    guarantee("a sandbox may sleep and be woken again and again", async () => {
      if (!driver.capabilities.canSleep) return;
      await driver.create(spec, never);
      await writeNote();
      for (let round = 0; round < 2; round += 1) {
        await driver.sleep(spec.id);
        await driver.wake(spec.id, never);
      }
      expect(await readNote()).toBe("mine");
      expect(await driver.observe(spec.id)).toMatchObject({ state: "running" });
    });
    guarantee("a memory limit that is enforced hurts nobody but who exceeds it", async () => {
      if (!driver.capabilities.enforces.memory) return;
      await driver.create(spec, never);
      // Reads an endless line into memory.
      const greedy = { script: "tail /dev/zero", user: "attendee", timeoutMs: 30_000 } as const;
      expect((await agent.runCommand(spec.id, greedy, never)).exitCode).not.toBe(0);
      await agent.readHealth(spec.id, never);
    });
    guarantee(
      "limits of processor, processes and disk that are enforced hold whoever exceeds them",
      async () => {
        const { enforces } = driver.capabilities;
        await driver.create(spec, never);
        const { cpuMillis, pidsMax, diskMiB } = spec.limits;
        const run = async (script: string): Promise<string> => {
          const greedy = { script, user: "attendee", timeoutMs: 60_000 } as const;
          return (await agent.runCommand(spec.id, greedy, never)).stdout.trim();
        };
        if (enforces.cpu) {
          const loops = Math.ceil(cpuMillis / 1_000) + 2;
          const busy = `for i in $(seq ${loops}); do timeout 2 sh -c 'while :; do :; done' & done; wait; times >used; tail -1 used`;
          // The processor time of all children, as in "0m1.950s 0m0.040s".
          const [user = "", system = ""] = (await run(busy)).split(" ");
          expect(secondsOf(user) + secondsOf(system)).toBeLessThan((cpuMillis / 1_000) * 2 * 1.5);
        }
        if (enforces.pids) {
          const many = `python3 -c '
import os, signal
children = []
try:
    while len(children) < ${pidsMax + 100}:
        pid = os.fork()
        if pid == 0: signal.pause()
        children.append(pid)
except BlockingIOError: pass
for pid in children: os.kill(pid, signal.SIGKILL)
print(len(children))'`;
          expect(Number(await run(many))).toBeLessThan(pidsMax);
        }
        if (enforces.disk) {
          const fill = `dd if=/dev/zero of=fill bs=1M count=${diskMiB + 100} conv=fsync 2>/dev/null && echo all; rm -f fill; sync`;
          expect(await run(fill)).toBe("");
        }
        await agent.readHealth(spec.id, never);
      },
    );
    guarantee("destroy ends a sleeping sandbox", async () => {
      await driver.create(spec, never);
      if (driver.capabilities.canSleep) await driver.sleep(spec.id);
      await driver.destroy(spec.id);
      expect(await driver.observe(spec.id)).toEqual({ id: spec.id, state: "absent" });
    });
    guarantee("one sandbox's end does not touch another", async () => {
      const other = newSpec();
      await Promise.all([driver.create(spec, never), driver.create(other, never)]);
      await driver.destroy(spec.id);
      await agent.readHealth(other.id, never);
      expect(await driver.observe(other.id)).toMatchObject({ state: "running" });
    });
    guarantee("a terminal echoes what is typed", async () => {
      await driver.create(spec, never);
      const { terminalId } = await agent.openTerminal(spec.id, { columns: 80, rows: 24 }, never);
      const request = { terminalId, clientId: "contract", offset: null, isReadOnly: false };
      const attachment = await agent.attach(spec.id, request, never);
      const seen: Buffer[] = [];
      attachment.onFrame((frame) => seen.push(Buffer.from(frame)));
      const typed = Buffer.from("echo sandbox-$((6*7))\n");
      const frame = Buffer.alloc(9 + typed.length);
      frame[0] = 0x11;
      typed.copy(frame, 9);
      attachment.send(frame);
      const isEchoed = (): boolean => Buffer.concat(seen).toString().includes("echo sandbox-");
      await waitUntil("the terminal echoes", isEchoed, { timeoutMs: 10_000, clock: systemClock });
      attachment.close();
    });
    guarantee("headroom is told in sane numbers", async () => {
      const headroom = await driver.readHeadroom();
      expect(headroom.cpuCount).toBeGreaterThan(0);
      expect(headroom.memoryMiBTotal).toBeGreaterThanOrEqual(headroom.memoryMiBAvailable);
      expect(headroom.diskMiBAvailable).toBeGreaterThan(0);
    });
  });
}

/** Of what bash's `times` prints: "0m1.950s". */
function secondsOf(time: string): number {
  const [minutes = "", seconds = ""] = time.split("m");
  return Number(minutes) * 60 + Number.parseFloat(seconds);
}
