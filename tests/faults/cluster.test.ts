import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../server/platform/clock";
import { parseConfig } from "../../server/platform/config";
import { waitUntil } from "../../server/platform/wait-until";
import type { AttemptView } from "../../server/protocol";
import { bundleServer } from "../../setup/bundle-server";
import { joinAs, untilSandbox, untilSandboxReady, type Attendee } from "../support/attendee";
import { makeDataFolder, removeDataFolder, startPlatform, type Platform } from "../support/platform";
import { openTerminal, type TerminalClient } from "../support/terminal-client";

const ROOT = path.resolve(import.meta.dirname, "../..");
const { volumesFolder } = parseConfig(process.env).sandbox;
/** One check, of a pod, that does not wait for it. */
const LAB = { labId: "pods-and-services", stepId: "labels" };
/** Small, so that they are soon reached, and half of a small machine's cores. */
const SETTINGS = {
  SANDBOX_VOLUMES_DIR: volumesFolder,
  POOL_TARGET: "0",
  SANDBOX_CPU_MILLIS: "1000",
  KUBERNETES_MEMORY_MIB: "2048",
  SANDBOX_DISK_MIB: "4096",
};
/** What somebody who types notices; measured beside a busy test, not on an idle machine. */
const NEIGHBOUR_ECHO_MS_MAX = 5_000;
const NEIGHBOUR_CHECK_MS_MAX = 10_000;
const START_MS_MAX = 90_000;
const RECOVERED_MS_MAX = 60_000;
/** As often as an attendee may ask. */
const within = { timeoutMs: RECOVERED_MS_MAX, pollMs: 1_000, clock: systemClock };

/** An attendee of a workshop that needs a cluster, with a terminal open. */
interface Seat {
  readonly attendee: Attendee;
  readonly labSessionId: string;
  terminal: TerminalClient;
}

async function takeSeat(name: string, place: { url: string; joinCode: string }): Promise<Seat> {
  const attendee = await joinAs(name, place);
  const { cohortId } = attendee;
  await attendee.api.sandboxes.request.mutate({ cohortId, labId: LAB.labId });
  await untilSandboxReady(attendee, START_MS_MAX);
  const { labSessionId } = await attendee.api.grading.lab.query({ cohortId, labId: LAB.labId });
  return { attendee, labSessionId, terminal: await openPrompt(attendee) };
}

async function openPrompt(attendee: Attendee): Promise<TerminalClient> {
  const terminal = await openTerminal(attendee, { cohortId: attendee.cohortId });
  await terminal.waitFor(/\$ $/);
  return terminal;
}

function runChecks({ attendee, labSessionId }: Seat): Promise<AttemptView> {
  return attendee.api.grading.runChecks.mutate({ labSessionId, stepId: LAB.stepId });
}

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
  let place: { url: string; joinCode: string };
  let seat: Seat;
  let neighbour: Seat;
  let echoCount = 0;

  beforeAll(async () => {
    await bundleServer(ROOT);
    dataFolder = await makeDataFolder();
    platform = await startPlatform({ dataFolder, env: SETTINGS });
    const [, joinCode = ""] =
      /([A-Z0-9]{4}-[A-Z0-9]{4}) +\(Django on Kubernetes\)/.exec(platform.output()) ?? [];
    place = { url: platform.url, joinCode };
    [neighbour, seat] = await Promise.all([takeSeat("Nora", place), takeSeat("Hurt", place)]);
  });
  afterAll(async () => {
    await platform.stop();
    await removeDataFolder(dataFolder, volumesFolder);
  });

  const echoMs = async ({ terminal }: Seat): Promise<number> => {
    echoCount += 1;
    const startedAtMs = performance.now();
    terminal.type(`echo n-$((${echoCount}+1000))\n`);
    await terminal.waitFor(new RegExp(`n-${echoCount + 1_000}`), NEIGHBOUR_ECHO_MS_MAX * 5);
    return performance.now() - startedAtMs;
  };
  /** Lets `fault` happen while the neighbour types and has their cluster looked into; answers what `fault` does. */
  const besideNeighbour = async <T>(fault: Promise<T>): Promise<T> => {
    const over = new AbortController();
    const end = (): void => {
      over.abort();
    };
    void fault.then(end, end);
    const echoes: number[] = [];
    const startedAtMs = performance.now();
    const { checks } = await runChecks(neighbour);
    const checkMs = performance.now() - startedAtMs;
    do echoes.push(await echoMs(neighbour));
    while (!over.signal.aborted);
    expect(checks.map(({ verdict }) => verdict)).toEqual(["failed"]);
    expect(checkMs).toBeLessThan(NEIGHBOUR_CHECK_MS_MAX);
    expect(Math.max(...echoes)).toBeLessThan(NEIGHBOUR_ECHO_MS_MAX);
    return fault;
  };
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
    expect(await besideNeighbour(type(seat, ended))).toContain("OOMKilled");
    await expectCluster();
  });

  it("kills the API server again and again: a check says that the cluster does not answer, and it comes back by itself", async () => {
    const kill = "docker exec kind-control-plane pkill -9 kube-apiserver";
    seat.terminal.type(`while [ ! -e /tmp/enough ]; do ${kill}; done; rm /tmp/enough\n`);
    expect(await besideNeighbour(untilSeen(/^Your cluster (does not answer|is still starting)/))).toBe(
      "errored",
    );
    seat.terminal = await openPrompt(seat.attendee);
    await type(seat, "touch /tmp/enough");
    await besideNeighbour(expectCluster());
  });

  it("stops the kubelet: what runs goes on and is checked, and a new pod waits until it is started again", async () => {
    await type(seat, "docker exec kind-control-plane systemctl stop kubelet");
    await type(seat, "kubectl run patient --image redis:7");
    await besideNeighbour(expectCluster());
    expect(await type(seat, "kubectl get pod patient")).toContain("Pending");
    await type(seat, "docker exec kind-control-plane systemctl start kubelet");
    await type(seat, "kubectl wait pod patient --for condition=Ready --timeout 60s");
  });

  it("kills the inner engine until it is enough: the cluster comes back with the engine", async () => {
    seat.terminal.type("while [ ! -e /tmp/enough ]; do sudo pkill -9 -x dockerd; done; rm /tmp/enough\n");
    expect(await besideNeighbour(untilSeen(/^Your (sandbox's Docker engine|cluster) /))).toBe("errored");
    seat.terminal = await openPrompt(seat.attendee);
    await type(seat, "touch /tmp/enough");
    await besideNeighbour(expectCluster());
  });

  it("deletes the cluster: a check says so and how to get one; a reset brings it back and keeps the home", async () => {
    const { attendee } = seat;
    await type(seat, "echo of-$((6*7)) >~/mine; kind delete cluster");
    const attempt = await besideNeighbour(runChecks(seat));
    expect(attempt.verdict).toBe("failed");
    expect(attempt.checks[0]?.seen).toContain("There is no cluster in your sandbox.");
    await resetKeepingHome(attendee);
    await besideNeighbour(expectCluster());
    seat.terminal = await openPrompt(attendee);
    expect(await type(seat, "cat ~/mine")).toContain("of-42");
  });

  it("fills the disk from a pod: its own cluster ends and a check says so; a reset makes room and keeps the home", async () => {
    const fill = "dd if=/dev/zero of=/fill bs=1M; sleep 600";
    await type(seat, `kubectl run filler --image redis:7 --restart Never -- sh -c '${fill}'`);
    const said = /^Your cluster (does not answer|is still starting).* disk .* reset your sandbox/;
    expect(await besideNeighbour(untilSeen(said))).toBe("errored");
    await resetKeepingHome(seat.attendee);
    await besideNeighbour(expectCluster());
    seat.terminal = await openPrompt(seat.attendee);
    expect(await type(seat, "cat ~/mine")).toContain("of-42");
  });

  async function resetKeepingHome(attendee: Attendee): Promise<void> {
    const { cohortId } = attendee;
    await attendee.api.sandboxes.reset.mutate({ cohortId, keepsHome: true });
    await untilSandbox(attendee, { state: "starting", what: "reset" }, 10_000);
    await untilSandboxReady(attendee, START_MS_MAX);
  }
});
