import type { RequestListener } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import type { CheckResult } from "../../../server/grading/attempt";
import { createTakeSnapshot } from "../../../server/grading/collect-evidence";
import { judgeCheck } from "../../../server/grading/judge-check";
import { TROUBLE_SENTENCES } from "../../../server/grading/evidence";
import { watchCluster } from "../../../server/grading/watch-cluster";
import { checkSchema } from "../../../server/labs/check";
import { systemClock } from "../../../server/platform/clock";
import { waitUntil } from "../../../server/platform/wait-until";
import { collectMemory } from "../../support/collect-memory";
import { kubeconfigText, sendJson, startApiServers, type ApiServers } from "../../support/api-servers";

/** Checks on a cluster, over real TLS: a well-behaved API server of a few objects, and everything that is none. */

const never = new AbortController().signal;
let servers: ApiServers | undefined;
afterEach(async () => {
  await servers?.close();
  servers = undefined;
});

const pod = (name: string, app: string, namespace = "default") => ({
  metadata: { name, namespace, uid: name, labels: { app }, managedFields: [{ manager: "kubectl" }] },
  spec: { containers: [{ name: "web", image: "nginx:alpine" }] },
  status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
});

const RESOURCES = [
  { name: "pods", kind: "Pod", namespaced: true },
  { name: "pods/status", kind: "Pod", namespaced: true },
  { name: "nodes", kind: "Node", namespaced: false },
];

/** Answers as an API server with three pods in two namespaces. */
const honest: RequestListener = (request, response) => {
  const { pathname } = new URL(request.url ?? "", "http://x");
  const pods = [pod("web-1", "web"), pod("web-2", "web"), pod("shop-1", "shop", "shop")];
  if (pathname === "/api/v1") sendJson(response, { resources: RESOURCES });
  else if (pathname === "/api/v1/pods") sendJson(response, { items: pods });
  else if (pathname === "/api/v1/namespaces/default/pods") sendJson(response, { items: pods.slice(0, 2) });
  else if (pathname === "/api/v1/nodes")
    sendJson(response, { items: [{ metadata: { name: "kind-control-plane" } }] });
  else sendJson(response, { kind: "Status", code: 404 }, 404);
};

const podCheck = { apiVersion: "v1", objectKind: "Pod", labels: { app: "web" } };

async function judge(fields: Record<string, unknown> = podCheck): Promise<CheckResult> {
  if (servers === undefined) throw new Error("nothing was started");
  const check = checkSchema.parse({ id: "it", title: "It", kind: "kubernetes", ...fields });
  const snapshot = createTakeSnapshot(servers)(servers.id, never);
  try {
    return judgeCheck(check, await snapshot.collect(check));
  } finally {
    snapshot.close();
  }
}

describe("a cluster", () => {
  it("is read with the attendee's certificate, in their namespace, and let go of", async () => {
    servers = await startApiServers({ cluster: honest });
    expect(await judge({ ...podCheck, atLeast: 2 })).toMatchObject({ verdict: "passed" });
    expect(servers.asked.map((each) => each.path)).toEqual([
      "/api/v1",
      "/api/v1/namespaces/default/pods?limit=300",
    ]);
    const { openCount } = servers;
    await waitUntil("connections are closed", async () => (await openCount()) === 0, {
      timeoutMs: 5_000,
      clock: systemClock,
    });
  });

  it("is read with a token", async () => {
    servers = await startApiServers({ cluster: honest });
    servers.kubeconfig = kubeconfigText({ token: "a.b" });
    expect((await judge()).verdict).toBe("passed");
    expect(servers.asked[0]?.authorization).toBe("Bearer a.b");
  });

  it("is asked for what lives in no namespace", async () => {
    servers = await startApiServers({ cluster: honest });
    const node = { apiVersion: "v1", objectKind: "Node", name: "kind-control-plane" };
    expect((await judge(node)).seen).toBe("Node kind-control-plane is there.");
  });

  it("says where else there is one", async () => {
    servers = await startApiServers({ cluster: honest });
    const result = await judge({ apiVersion: "v1", objectKind: "Pod", name: "shop-1" });
    expect(result.seen).toBe("There is a pod shop-1 in the namespace shop, and none in default.");
  });

  it.each([
    ["an unknown kind", { apiVersion: "v1", objectKind: "Teapot", name: "x" }],
    ["an unknown group", { apiVersion: "tea.example/v1", objectKind: "Pot", name: "x" }],
  ])("fails %s, and passes that it is not there", async (_, fields) => {
    servers = await startApiServers({ cluster: honest });
    expect((await judge(fields)).verdict).toBe("failed");
    expect((await judge({ ...fields, state: "absent" })).verdict).toBe("passed");
  });
});

describe("an answer that is none", () => {
  const answers: Readonly<Record<string, RequestListener>> = {
    "is no JSON": (_, response) => response.end("<html>"),
    "is another shape": (_, response) => {
      sendJson(response, { resources: "all", items: 7 });
    },
    "leads elsewhere": (_, response) => response.writeHead(302, { location: "https://evil.example/" }).end(),
    "climbs out of its path": (_, response) => {
      sendJson(response, { resources: [{ name: "../../secrets", kind: "Pod", namespaced: true }] });
    },
    "never ends": (_, response) => {
      const pour = (): void => {
        while (!response.destroyed && response.write(" ".repeat(65_536)));
        if (!response.destroyed) response.once("drain", pour);
      };
      pour();
    },
    "breaks off": (_, response) => {
      response.writeHead(200, { "content-length": "1000" }).write("{");
      response.destroy();
    },
    "is a server error": (_, response) => {
      sendJson(response, {}, 500);
    },
    "has objects without names": (request, response) => {
      if (request.url === "/api/v1") sendJson(response, { resources: RESOURCES });
      else sendJson(response, { items: [{ metadata: { name: 7 } }] });
    },
    "has more objects than anybody": (request, response) => {
      if (request.url === "/api/v1") sendJson(response, { resources: RESOURCES });
      else sendJson(response, { items: Array.from({ length: 5_000 }, () => pod("web", "web")) });
    },
  };

  it.each(Object.keys(answers))("%s: nothing is held against the attendee", async (name) => {
    servers = await startApiServers({ cluster: answers[name] ?? honest });
    expect(await judge()).toMatchObject({ verdict: "errored", seen: TROUBLE_SENTENCES.malformed });
  });

  it("is nested without end: it is cut, and judged", async () => {
    const depth = 50_000;
    const deep = `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
    servers = await startApiServers({
      cluster: (request, response) => {
        if (request.url === "/api/v1") sendJson(response, { resources: RESOURCES });
        else response.end(`{"items":[{"metadata":{"name":"x","labels":{"app":"web"}},"spec":${deep}}]}`);
      },
    });
    const result = await judge();
    expect(["passed", "errored"]).toContain(result.verdict);
    expect(JSON.stringify(result.evidence).length).toBeLessThan(10_000);
  });

  it("is a refusal: the attendee's credentials are named", async () => {
    servers = await startApiServers({
      cluster: (_, response) => {
        sendJson(response, { kind: "Status" }, 403);
      },
    });
    expect(await judge()).toMatchObject({
      verdict: "failed",
      seen: "Your cluster refuses the credentials in ~/.kube/config.",
    });
  });
});

describe("a cluster that does not answer", () => {
  const node = (state: string) => ({
    ...{ Id: "a".repeat(64), Name: "/kind-control-plane", Image: "i" },
    State: { Status: state, ExitCode: 0, OOMKilled: false, StartedAt: "2026-01-01T00:00:00Z" },
    Config: {
      Image: "kindest/node",
      Labels: { "io.x-k8s.kind.role": "control-plane", "io.x-k8s.kind.cluster": "kind" },
    },
    HostConfig: { Memory: 0, NanoCpus: 0, CpuQuota: 0, CpuPeriod: 0 },
    Mounts: [],
    NetworkSettings: {},
  });
  const engineWith =
    (...states: string[]): RequestListener =>
    (request, response) => {
      const nodes = states.map(node);
      sendJson(response, request.url?.startsWith("/containers/json") === true ? nodes : nodes[0]);
    };
  /** The node's port is there and nobody behind it speaks TLS. */
  const silent = { isSecure: false } as const;

  it("has been deleted: the attendee is told how to get one back", async () => {
    servers = await startApiServers({ engine: engineWith() });
    servers.kubeconfig = null;
    expect(await judge()).toMatchObject({
      verdict: "failed",
      seen: "There is no cluster in your sandbox.",
      hint: expect.stringContaining("kind create cluster") as string,
    });
  });

  it("is there, but the kubeconfig is gone", async () => {
    servers = await startApiServers({ engine: engineWith("running"), cluster: honest });
    servers.kubeconfig = null;
    expect(await judge()).toMatchObject({
      verdict: "failed",
      hint: "kind export kubeconfig writes it again.",
    });
  });

  it.each([
    ["exited", "docker start kind-control-plane brings it back."],
    ["paused", "docker unpause kind-control-plane brings it back."],
  ])("has a node that is %s", async (state, hint) => {
    servers = await startApiServers({ engine: engineWith(state), ...silent });
    servers.health = { ...servers.health, cluster: "down" };
    expect(await judge()).toMatchObject({ verdict: "failed", hint });
  });

  it.each([
    ["runs and is silent", { cluster: "down" }, "cluster-down"],
    ["is starting", { cluster: "starting" }, "cluster-starting"],
    ["has no engine under it", { engine: "down", cluster: "down" }, "engine-down"],
  ] as const)("%s: that is ours", async (_, health, trouble) => {
    servers = await startApiServers({ engine: engineWith("running"), ...silent });
    servers.health = { ...servers.health, ...health };
    expect(await judge()).toMatchObject({ verdict: "errored", seen: TROUBLE_SENTENCES[trouble] });
  });

  it("accepts and says nothing: the check comes to an end in time, also when memory is collected meanwhile", async () => {
    const cluster = (): void => void collectMemory();
    servers = await startApiServers({ engine: engineWith("running"), cluster });
    const startedAtMs = performance.now();
    expect(await judge()).toMatchObject({ verdict: "errored", seen: TROUBLE_SENTENCES["cluster-down"] });
    expect(performance.now() - startedAtMs).toBeLessThan(7_500);
  });

  it("shows the certificate of somebody else", async () => {
    servers = await startApiServers({ engine: engineWith("running"), cluster: honest });
    servers.kubeconfig = kubeconfigText().replace(/certificate-authority-data: .*/, "insecure: true");
    servers.health = { ...servers.health, cluster: "down" };
    expect(await judge()).toMatchObject({ verdict: "errored", seen: TROUBLE_SENTENCES["cluster-down"] });
    expect(servers.asked).toEqual([]);
  });
});

describe("watching a cluster", () => {
  it("tells of every change until it is ended, and connects again", async () => {
    let changes = 0;
    let watches = 0;
    servers = await startApiServers({
      cluster: (request, response) => {
        if (request.url?.includes("watch=true") !== true) {
          honest(request, response);
          return;
        }
        watches += 1;
        response.write('{"type":"ADDED"}\n');
        // The first ends, as API servers do after a while.
        if (watches === 1) response.end();
      },
    });
    const abort = new AbortController();
    const ended = watchCluster({
      ...{ agent: servers.agent, sandboxId: servers.id, clock: systemClock },
      queries: [{ apiVersion: "v1", objectKind: "Pod" }],
      onChange: () => {
        changes += 1;
      },
      signal: abort.signal,
    });
    await waitUntil("it has connected again", () => watches === 2 && changes >= 3, {
      timeoutMs: 10_000,
      clock: systemClock,
    });
    abort.abort();
    await ended;
    const { openCount } = servers;
    await waitUntil("its connections are closed", async () => (await openCount()) === 0, {
      timeoutMs: 5_000,
      clock: systemClock,
    });
  });
});
