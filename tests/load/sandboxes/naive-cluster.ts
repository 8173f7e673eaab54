import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { parseConfig } from "../../../server/platform/config";
import { DEFAULT_DOCKER_HOST } from "../../../server/platform/docker-host";
import { sandboxCapabilities } from "../../../server/sandboxes/drivers/docker/host-capabilities";
import { findKindNodeImage } from "../../../setup/kind-node-image";
import type { BenchPlatform } from "./bench-platform";
import { plainEngine } from "./plain-engine";

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, "../../..");

/** What kind needs of a container: see sandbox-images/sandbox/rootfs/opt/slipway/entrypoint. No networks but the usual one. */
const ENGINE = `
mount -o remount,rw /sys
flags=
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  mount -o remount,bind,rw /sys/fs/cgroup
  mkdir -p /sys/fs/cgroup/init
  for pid in $(cat /sys/fs/cgroup/cgroup.procs); do echo $pid >/sys/fs/cgroup/init/cgroup.procs; done
  sed 's/\\([a-z_]\\+\\)/+\\1/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
else
  for group in /sys/fs/cgroup/*; do mount -o remount,bind,rw "$group"; done
  mount -o remount,bind,rw /sys/fs/cgroup
  flags="--add-runtime narrow=/opt/slipway/runc-narrow --default-runtime narrow"
fi
[ -e /dev/kmsg ] || mknod /dev/kmsg c 1 3
echo {} >/tmp/daemon.json
exec dockerd --config-file=/tmp/daemon.json --storage-driver=overlay2 $flags
`;

/** How long a cluster takes the plain way, in ms, by step. */
export interface NaiveTimes {
  readonly engineMs: number;
  readonly loadMs: number;
  readonly createMs: number;
  readonly totalMs: number;
}

/**
 * The plain way to a cluster: the image's engine by `docker run`, `docker load` of the node image, `kind create cluster`, until
 * `kubectl get nodes` says Ready. The node image's archive is written once, beforehand. Each cluster is gone before the next.
 */
export async function prepareNaiveCluster({ atEnd }: BenchPlatform): Promise<() => Promise<NaiveTimes>> {
  const image = await findNodeImage();
  const folder = await mkdtemp(path.join(os.tmpdir(), "slipway-bench-node-"));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  await run("docker", ["save", "--output", path.join(folder, "node.tar"), image]);
  const options = [...(await containerOptions()), "--volume", `${folder}:/node:ro`];
  return async () => {
    const engine = plainEngine({ options, script: ENGINE });
    atEnd(() => engine.remove());
    const startedAtMs = performance.now();
    await engine.start();
    const engineAtMs = performance.now();
    await engine.exec("docker", "load", "--input", "/node/node.tar");
    const loadedAtMs = performance.now();
    await engine.exec("kind", "create", "cluster", "--image", image, "--wait", "180s");
    const nodes = await engine.exec("kubectl", "get", "nodes");
    const readyAtMs = performance.now();
    if (!/\sReady\s/.test(nodes)) throw new Error(`the plain cluster is not Ready: ${nodes}`);
    await engine.remove();
    // What it wrote is not to be written while the other side is measured.
    await run("sync");
    return {
      engineMs: engineAtMs - startedAtMs,
      loadMs: loadedAtMs - engineAtMs,
      createMs: readyAtMs - loadedAtMs,
      totalMs: readyAtMs - startedAtMs,
    };
  };
}

/** The one that `npm run bench` made; outside of it, whichever this engine has. */
async function findNodeImage(): Promise<string> {
  const { dataFolder, sandbox } = parseConfig(process.env);
  const dockerHost = sandbox.dockerHost ?? DEFAULT_DOCKER_HOST;
  const options = { root: ROOT, dataFolder, dockerHost, report: () => undefined };
  const source = sandbox.kubernetesNode === "none" ? "auto" : sandbox.kubernetesNode;
  return (await findKindNodeImage(options, source)) ?? "slipway/kind-node:current";
}

/** The capabilities, devices and settings of a sandbox's container. Privileged is refused by an engine whose host lacks one of all. */
async function containerOptions(): Promise<readonly string[]> {
  const status = await readFile("/proc/self/status", "utf8");
  const capabilities = sandboxCapabilities(/^CapBnd:\s*(\w+)/m.exec(status)?.[1] ?? "0");
  return [
    "--cgroupns=private",
    "--cap-drop=ALL",
    ...capabilities.map((name) => `--cap-add=${name}`),
    "--device-cgroup-rule=c *:* rwm",
    "--device-cgroup-rule=b *:* m",
    "--sysctl=net.ipv6.conf.all.disable_ipv6=1",
    "--sysctl=net.ipv6.conf.default.disable_ipv6=1",
  ];
}
