import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../server/platform/clock";
import { waitUntil } from "../../../server/platform/wait-until";
import { createSandboxAgent } from "../../../server/sandboxes/agent-client";
import { ensureClassRegistry } from "../../../server/sandboxes/drivers/docker/class-registry";
import type { DockerSandboxDriver } from "../../../server/sandboxes/drivers/docker/docker-sandbox-driver";
import { registryPrefixOf } from "../../../server/sandboxes/class-registry";
import type { SandboxId } from "../../../server/sandboxes/sandbox";
import type { CommandOutcome, SandboxAgent } from "../../../server/sandboxes/sandbox-agent";
import { openFarNetwork } from "../../support/far-network";
import { DockerFixture, hasDocker, tokenOf } from "./docker-fixture";

const LIMITS = { cpuMillis: 1_000, memoryMiB: 512, diskMiB: 1_024, pidsMax: 400 };
const never = new AbortController().signal;

/** What an attendee who is root in a sandbox may not do to anybody else. */
describe.skipIf(!hasDocker())("isolation of docker sandboxes", () => {
  const fixture = new DockerFixture();
  const installationId = randomUUID();
  const one = randomUUID() as SandboxId;
  const other = randomUUID() as SandboxId;
  let driver: DockerSandboxDriver;
  let agent: SandboxAgent;

  const asRoot = (id: SandboxId, script: string, timeoutMs = 30_000): Promise<CommandOutcome> =>
    agent.runCommand(id, { script, user: "root", timeoutMs }, never);
  const networkOf = async (id: SandboxId): Promise<{ gateway: string; address: string }> => {
    const { NetworkSettings } = await fixture.docker.getContainer(`slipway-${id}`).inspect();
    const [network] = Object.values(NetworkSettings.Networks);
    return { gateway: network!.Gateway, address: network!.IPAddress };
  };
  /** Answers 0 from inside when a TCP connection is made. */
  const connects = async (host: string, port: number): Promise<boolean> =>
    (await asRoot(one, `timeout 2 bash -c 'exec 3<>/dev/tcp/${host}/${port}'`)).exitCode === 0;

  beforeAll(async () => {
    driver = await fixture.connect(installationId);
    agent = createSandboxAgent({ access: driver, tokenOf });
    const specOf = (id: SandboxId) => ({
      id,
      profile: "docker" as const,
      hostName: `isolated-${id.slice(0, 4)}`,
      limits: LIMITS,
    });
    await Promise.all([driver.create(specOf(one), never), driver.create(specOf(other), never)]);
  });
  afterAll(async () => {
    await driver.destroy(one);
    await driver.destroy(other);
    expect(await fixture.countLeft(installationId)).toBe(0);
    expect(await driver.list()).toEqual([]);
    await fixture.close();
  });

  it("refuses the host's disks to a root who makes the device node", async () => {
    const script = `
      while read -r major minor _ name; do
        [[ $name =~ ^[a-z] ]] || continue
        mknod "/tmp/disk-$name" b "$major" "$minor"
        if dd if="/tmp/disk-$name" of=/dev/null count=1 2>/dev/null; then echo "$name can be read"; fi
      done < <(tail -n +3 /proc/partitions)`;
    expect((await asRoot(one, script)).stdout).toBe("");
  });
  it("opens no character device but those that hold nothing of the host", async () => {
    // "No such device" would be the kernel's word for one that may be opened and is not there.
    const script = `
      while read -r major _; do
        case $major in 1 | 5 | 10 | 136) continue ;; esac
        mknod "/tmp/char-$major" c "$major" 0 && echo made
        dd if="/tmp/char-$major" of=/dev/null count=1 2>&1 | grep -q "Operation not permitted" || echo "$major may be opened"
      done < <(awk '/^Block/ { exit } /^ *[0-9]/ { print $1 }' /proc/devices | cat - <(printf '21\n254\n') | sort -nu)
      for device in /dev/null /dev/zero /dev/full /dev/urandom /dev/ptmx /dev/net/tun /dev/fuse; do
        exec 9<>"$device" || echo "$device may not be opened"
      done`;
    const { stdout } = await asRoot(one, script);
    expect(new Set(stdout.trim().split("\n"))).toEqual(new Set(["made"]));
  });
  it("has no capability to load modules, reach raw io, set the clock or open files by handle", async () => {
    const { stdout } = await asRoot(one, "sed -n 's/^CapBnd:[[:space:]]*//p' /proc/1/status");
    const mask = BigInt(`0x${stdout.trim()}`);
    const forbidden = {
      DAC_READ_SEARCH: 2,
      SYS_MODULE: 16,
      SYS_RAWIO: 17,
      SYS_BOOT: 22,
      SYS_TIME: 25,
      SYSLOG: 34,
    };
    expect(Object.entries(forbidden).filter(([, bit]) => (mask >> BigInt(bit)) % 2n === 1n)).toEqual([]);
  });
  it("shows no process of the host", async () => {
    const { stdout } = await asRoot(one, "cat /proc/1/comm");
    expect(stdout.trim()).toBe("tini");
  });
  it("reaches no service of the host", async () => {
    const { gateway } = await networkOf(one);
    const server: Server = createServer((socket) => socket.end("host"));
    await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    try {
      expect(await connects(gateway, port)).toBe(false);
    } finally {
      server.close();
    }
  });
  it("reaches no other sandbox, not even when it lies about its address", async () => {
    const { address } = await networkOf(other);
    expect(await connects(address, 7_070)).toBe(false);
    await asRoot(one, `ip addr add ${address}/32 dev lo`);
    await asRoot(one, `ip addr del ${address}/32 dev lo`);
    expect((await agent.readHealth(other, never)).engine).toBe("up");
  });
  it("reaches what is outside, and neither link-local nor private addresses beyond the host", async () => {
    const far = await openFarNetwork(process.env["DOCKER_HOST"] ?? "");
    const answers = (host: string): Promise<boolean> =>
      fetch(`http://${host}/`, { signal: AbortSignal.timeout(2_000) }).then(
        ({ ok }) => ok,
        () => false,
      );
    try {
      const all = [far.publicAddress, ...far.innerAddresses];
      const isThere = async (): Promise<boolean> => (await Promise.all(all.map(answers))).every(Boolean);
      await waitUntil("all of them answer the host", isThere, { timeoutMs: 10_000, clock: systemClock });
      expect(await connects(far.publicAddress, 80)).toBe(true);
      const reached = await Promise.all(far.innerAddresses.map((host) => connects(host, 80)));
      expect(reached).toEqual(far.innerAddresses.map(() => false));
    } finally {
      await far.close();
    }
  });
  it("reaches the class registry, which answers for hello-world and refuses a push without a password", async () => {
    const dockerHost = process.env["DOCKER_HOST"] ?? "";
    await ensureClassRegistry({ dockerHost, image: "slipway/class-registry:current" });
    const pull = await asRoot(
      one,
      "for i in 1 2 3 4 5; do docker pull -q hello-world && exit 0; sleep 1; done; exit 1",
      60_000,
    );
    expect(pull).toMatchObject({ exitCode: 0 });
    const run = await asRoot(one, "docker run --rm hello-world");
    expect(run.stdout).toContain("Hello from Docker!");
    const push =
      "curl -s -o /dev/null -w '%{http_code}' -X POST http://registry:5000/v2/library/evil/blobs/uploads/";
    expect((await asRoot(one, push)).stdout).toBe("401");
  });
  it("lets an attendee push under their own prefix, and their neighbour pull it", async () => {
    const dockerHost = process.env["DOCKER_HOST"] ?? "";
    const registry = await ensureClassRegistry({ dockerHost, image: "slipway/class-registry:current" });
    const owner = { installationId, enrollmentId: one };
    const { prefix, password } = registry.credentialsOf(registryPrefixOf("Ada", owner));
    const image = `registry:5000/${prefix}/hello:v1`;
    const push = await asRoot(
      one,
      `docker pull -q hello-world && docker tag hello-world ${image} &&
      docker login -u ${prefix} -p ${password} registry:5000 && docker push -q ${image}`,
      60_000,
    );
    expect(push, push.stderr).toMatchObject({ exitCode: 0 });
    const run = await asRoot(other, `docker run --rm ${image}`, 60_000);
    expect(run.stdout).toContain("Hello from Docker!");
    const overwrite = await asRoot(
      one,
      "docker tag hello-world registry:5000/library/redis:7 && docker push registry:5000/library/redis:7",
    );
    expect(overwrite.stderr).toContain(`"library" is not yours: push below registry:5000/${prefix}/`);
    const isForgotten = async (): Promise<boolean> => {
      await registry.collect([prefix]);
      return !(await registry.listPrefixes()).includes(prefix);
    };
    await waitUntil("the prefix is forgotten", isForgotten, {
      ...{ timeoutMs: 90_000, pollMs: 1_000, clock: systemClock },
    });
  });
  it("kills what takes more memory than the limit, and only that", async () => {
    const eat = await asRoot(one, "python3 -c 'x = bytearray(900 * 1024 * 1024); print(len(x))'", 60_000);
    expect(eat.exitCode).not.toBe(0);
    expect(eat.stdout).toBe("");
    expect((await agent.readHealth(other, never)).engine).toBe("up");
    expect(await driver.observe(one)).toMatchObject({ state: "running" });
  });
  it("holds a fork bomb to the process limit", async () => {
    const bomb = `
import os, signal
children = []
try:
    while len(children) < 2000:
        pid = os.fork()
        if pid == 0:
            signal.pause()
        children.append(pid)
except BlockingIOError:
    print(len(children))
for pid in children: os.kill(pid, signal.SIGKILL)`;
    const { stdout } = await asRoot(one, `python3 - <<'EOF'${bomb}\nEOF`);
    expect(Number(stdout)).toBeGreaterThan(0);
    expect(Number(stdout)).toBeLessThan(LIMITS.pidsMax);
    expect((await asRoot(other, "true")).exitCode).toBe(0);
  });
  it("refuses more disk than the quota, in the home, the system and the engine, while the neighbour writes on", async () => {
    if (!driver.capabilities.enforces.disk) return;
    for (const folder of ["/home/attendee", "/usr/local", "/var/lib/docker"]) {
      const fill = await asRoot(
        one,
        `dd if=/dev/zero of=${folder}/fill bs=1M count=1500 conv=fsync; code=$?; rm -f ${folder}/fill; sync; exit $code`,
        110_000,
      );
      expect(fill.exitCode, folder).not.toBe(0);
      expect(fill.stderr).toMatch(/quota|space/i);
    }
    const neighbour = await asRoot(
      other,
      "dd if=/dev/zero of=/root/fine bs=1M count=50 conv=fsync && rm /root/fine",
    );
    expect(neighbour.exitCode).toBe(0);
  });
  it("restarts the agent and the engine when somebody kills them", async () => {
    await asRoot(one, "kill -9 $(pidof dockerd)");
    const isUp = async (): Promise<boolean> => (await agent.readHealth(one, never)).engine === "up";
    await waitUntil("the engine is back", isUp, { timeoutMs: 15_000, clock: systemClock });
    const { uptimeMs } = await agent.readHealth(one, never);
    await asRoot(one, "kill -9 $(pgrep -f agent.mjs)").catch(() => undefined);
    const isNew = async (): Promise<boolean> => (await agent.readHealth(one, never)).uptimeMs < uptimeMs;
    await waitUntil("a new agent answers", isNew, { timeoutMs: 10_000, clock: systemClock });
  });
  it("can be destroyed while a container inside is paused, which no signal reaches", async () => {
    const frozen = randomUUID() as SandboxId;
    await driver.create({ id: frozen, profile: "docker", hostName: "frozen", limits: LIMITS }, never);
    const pause = await asRoot(
      frozen,
      "docker run -d --name still busybox sleep 600 && docker pause still",
      60_000,
    );
    expect(pause).toMatchObject({ exitCode: 0 });
    await driver.destroy(frozen);
    expect((await driver.observe(frozen)).state).toBe("absent");
  });
});
