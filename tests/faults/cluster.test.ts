import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../server/platform/clock";
import { parseConfig } from "../../server/platform/config";
import { waitUntil } from "../../server/platform/wait-until";
import type { AttemptView } from "../../server/protocol";
import { bundleServer } from "../../setup/bundle-server";
import { untilSandbox, untilSandboxReady } from "../support/attendee";
import { makeDataFolder, removeDataFolder, startPlatform, type Platform } from "../support/platform";
import { besideNeighbour, openPrompt, runChecks, takeSeat, type Seat } from "../support/seat";

const ROOT = path.resolve(import.meta.dirname, "../..");
const { volumesFolder } = parseConfig(process.env).sandbox;
const START_MS_MAX = 90_000;
/** One check, of a pod, that does not wait for it. */
const LAB = { labId: "pods-and-services", stepId: "labels", startMsMax: START_MS_MAX };
/** Small, so that they are soon reached, and half of a small machine's cores. */
const SETTINGS = {
  SANDBOX_VOLUMES_DIR: volumesFolder,
  POOL_TARGET: "0",
  SANDBOX_CPU_MILLIS: "1000",
  KUBERNETES_MEMORY_MIB: "2048",
  SANDBOX_DISK_MIB: "4096",
};
/** What somebody who types notices; measured beside a busy test, not on an idle machine. */
const PATIENCE = { echoMsMax: 5_000, checkMsMax: 10_000 };
const RECOVERED_MS_MAX = 60_000;
/** As often as an attendee may ask. */
const within = { timeoutMs: RECOVERED_MS_MAX, pollMs: 1_000, clock: systemClock };

/** Types `script` and waits until it has ended well; answers what the terminal showed meanwhile. */
async function type({ terminal }: Seat, script: string, timeoutMs = RECOVERED_MS_MAX): Promise<string> {
  terminal.type(`${script}; echo ended-$?\n`);
  const said = await terminal.waitFor(/ended-\d/, timeoutMs);
  expect(said).toContain("ended-0");
  return said;
}

/** What root in a sandbox can do to its cluster, and what everybody sees of it. */
describe("a cluster whose attendee hurts it", () => {
  let dataFolder: string;
  let platform: Platform;
  let seat: Seat;
  let neighbour: Seat;

  beforeAll(async () => {
    await bundleServer(ROOT);
    dataFolder = await makeDataFolder();
    platform = await startPlatform({ dataFolder, env: SETTINGS });
    const [, joinCode = ""] =
      /([A-Z0-9]{4}-[A-Z0-9]{4}) +\(Django on Kubernetes\)/.exec(platform.output()) ?? [];
    const place = { url: platform.url, joinCode };
    [neighbour, seat] = await Promise.all([takeSeat("Nora", place, LAB), takeSeat("Hurt", place, LAB)]);
  });
  afterAll(async () => {
    await platform.stop();
    await removeDataFolder(dataFolder, volumesFolder);
  });

  const beside = <Value>(fault: Promise<Value>): Promise<Value> =>
    besideNeighbour(neighbour, PATIENCE, fault);
  /** Has the seat checked until the check says what fits; answers its verdict. */
  const untilSeen = async (pattern: RegExp): Promise<AttemptView["verdict"]> => {
    let attempt: AttemptView | undefined;
    const isSaid = async (): Promise<boolean> => {
      attempt = await runChecks(seat);
      return pattern.test(attempt.checks[0]?.seen ?? "");
    };
    await waitUntil(`a check says ${String(pattern)}`, isSaid, within).catch((cause: unknown) => {
      throw new Error(`a check did not say ${String(pattern)} but ${JSON.stringify(attempt)}`, { cause });
    });
    return attempt!.verdict;
  };
  /** The cluster is asked again and answers: there is no pod. */
  const expectCluster = async (): Promise<void> => {
    expect(await untilSeen(/\bpod\b/i)).toBe("failed");
  };

  it("eats all memory in a pod: the pod is ended and says so, the cluster stays", async () => {
    const ended = `until kubectl get pod eater -o jsonpath='{.status.containerStatuses[0].state.terminated.reason}' | grep -o OOMKilled; do :; done`;
    await type(seat, "kubectl run eater --image redis:7 --restart Never -- tail /dev/zero");
    expect(await beside(type(seat, ended))).toContain("OOMKilled");
    await expectCluster();
  });

  it("kills the API server again and again: a check says that the cluster does not answer, and it comes back by itself", async () => {
    const kill = "docker exec kind-control-plane pkill -9 kube-apiserver";
    seat.terminal.type(`while [ ! -e /tmp/enough ]; do ${kill}; done; rm /tmp/enough\n`);
    expect(await beside(untilSeen(/^Your cluster (does not answer|is still starting)/))).toBe("errored");
    seat.terminal = await openPrompt(seat.attendee);
    await type(seat, "touch /tmp/enough");
    await beside(expectCluster());
  });

  it("stops the kubelet: what runs goes on and is checked, and a new pod waits until it is started again", async () => {
    await type(seat, "docker exec kind-control-plane systemctl stop kubelet");
    await type(seat, "kubectl run patient --image redis:7");
    await beside(expectCluster());
    expect(await type(seat, "kubectl get pod patient")).toContain("Pending");
    await type(seat, "docker exec kind-control-plane systemctl start kubelet");
    await type(seat, "kubectl wait pod patient --for condition=Ready --timeout 60s");
  });

  it("kills the inner engine until it is enough: the cluster comes back with the engine", async () => {
    seat.terminal.type("while [ ! -e /tmp/enough ]; do sudo pkill -9 -x dockerd; done; rm /tmp/enough\n");
    expect(await beside(untilSeen(/^Your (sandbox's Docker engine|cluster) /))).toBe("errored");
    seat.terminal = await openPrompt(seat.attendee);
    await type(seat, "touch /tmp/enough");
    await beside(expectCluster());
  });

  it("deletes the cluster: a check says so and how to get one; a reset brings it back and keeps the home", async () => {
    await type(seat, "echo of-$((6*7)) >~/mine; kind delete cluster");
    const attempt = await beside(runChecks(seat));
    expect(attempt.verdict).toBe("failed");
    expect(attempt.checks[0]?.seen).toContain("There is no cluster in your sandbox.");
    await expectMendedByReset();
  });

  it("walls itself in by its own firewall: a check says what may be in the way; a reset lets the cluster answer again", async () => {
    const rules = ["-F", "-t nat -F", "-P INPUT DROP", "-P OUTPUT DROP", "-P FORWARD DROP"];
    const script = rules.map((rule) => `iptables ${rule}`).join("; ");
    seat.terminal.type(`sudo sh -c '${script}'\n`);
    const said = /^Your cluster (does not answer|is still starting).* firewall.* reset your sandbox/;
    expect(await beside(untilSeen(said))).toBe("errored");
    await expectMendedByReset();
  });

  it("fills the disk from a pod: its own cluster ends and a check says so; a reset makes room and keeps the home", async () => {
    const fill = "dd if=/dev/zero of=/fill bs=1M; sleep 600";
    await type(seat, `kubectl run filler --image redis:7 --restart Never -- sh -c '${fill}'`);
    const said = /^Your cluster (does not answer|is still starting).* disk .* reset your sandbox/;
    expect(await beside(untilSeen(said))).toBe("errored");
    await expectMendedByReset();
  });

  /** The cluster answers after a reset, and what the first of these tests put into the home is still there. */
  async function expectMendedByReset(): Promise<void> {
    const { attendee } = seat;
    await attendee.api.sandboxes.reset.mutate({ cohortId: attendee.cohortId, keepsHome: true });
    await untilSandbox(attendee, { state: "starting", what: "reset" }, 10_000);
    await untilSandboxReady(attendee, START_MS_MAX);
    await beside(expectCluster());
    seat.terminal = await openPrompt(attendee);
    expect(await type(seat, "cat ~/mine")).toContain("of-42");
  }
});
