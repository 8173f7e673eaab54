import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { boundPodMemory } from "./pod-memory";

const MIB = 1024 * 1024;
const UNLIMITED = "9223372036854771712";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), "slipway-cgroup-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A control group with a limit; answers what reads the limit. */
async function makeGroup(name: string, file: string, limit: string): Promise<() => Promise<string>> {
  await mkdir(path.join(root, name), { recursive: true });
  await writeFile(path.join(root, name, file), limit);
  return () => readFile(path.join(root, name, file), "utf8");
}

describe("boundPodMemory", () => {
  it("leaves a gibibyte of the sandbox to the control plane, on every node", async () => {
    const file = "memory.limit_in_bytes";
    await makeGroup("", file, `${3_072 * MIB}\n`);
    const nodes = ["docker/a1", "docker/b2"];
    const groups = await Promise.all(
      nodes.map((node) => makeGroup(`${node}/kubelet/kubepods/besteffort`, file, UNLIMITED)),
    );
    const controlPlane = await makeGroup("docker/a1/kubelet/kubepods/burstable", file, UNLIMITED);
    await boundPodMemory([root]);
    for (const read of groups) expect(await read()).toBe(String(2_048 * MIB));
    expect(await controlPlane()).toBe(UNLIMITED);
  });

  it("leaves half of a small sandbox to pods", async () => {
    await makeGroup("", "memory.limit_in_bytes", String(1_536 * MIB));
    const read = await makeGroup("docker/a1/kubelet/kubepods/besteffort", "memory.limit_in_bytes", UNLIMITED);
    await boundPodMemory([root]);
    expect(await read()).toBe(String(768 * MIB));
  });

  it("knows the second version of control groups, below systemd's slices", async () => {
    await makeGroup("", "memory.max", String(3_072 * MIB));
    const slices = "kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice";
    const read = await makeGroup(`docker/a1/${slices}`, "memory.max", "max\n");
    await boundPodMemory([path.join(root, "memory"), root]);
    expect(await read()).toBe(String(2_048 * MIB));
  });

  it("keeps a narrower limit, and does nothing where there is no cluster or no limit", async () => {
    await boundPodMemory([root]);
    await makeGroup("", "memory.max", String(3_072 * MIB));
    await boundPodMemory([root]);
    const narrow = await makeGroup("docker/a1/kubelet/kubepods/besteffort", "memory.max", String(64 * MIB));
    await boundPodMemory([root]);
    expect(await narrow()).toBe(String(64 * MIB));
    await makeGroup("", "memory.max", "max\n");
    const free = await makeGroup("docker/b2/kubelet/kubepods/besteffort", "memory.max", "max\n");
    await boundPodMemory([root]);
    expect(await free()).toBe("max\n");
  });
});
