import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Profile } from "../server/protocol/profile";
import { ClusterHealth, STARTING_MS, UP_MS } from "./cluster-health";

/** A cluster's certificates, made as kubeadm makes them: one authority for server and client. */
interface Certificates {
  readonly ca: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly cert: string; readonly key: string };
}

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

function makeCertificates(folder: string): Certificates {
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  };
  const read = (file: string): string => readFileSync(path.join(folder, file), "utf8");
  const sign = ["-CA", "ca.crt", "-CAkey", "ca.key", "-days", "2"];
  openssl(
    "req",
    "-x509",
    ...KEY,
    "-days",
    "2",
    "-subj",
    "/CN=cluster",
    "-keyout",
    "ca.key",
    "-out",
    "ca.crt",
  );
  for (const name of ["server", "client"]) {
    const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
    openssl("req", "-x509", ...KEY, ...subject, ...sign, "-keyout", `${name}.key`, "-out", `${name}.crt`);
  }
  const pair = (name: string) => ({ cert: read(`${name}.crt`), key: read(`${name}.key`) });
  return { ca: read("ca.crt"), server: pair("server"), client: pair("client") };
}

/** An API server with nodes that a test sets, which only a client of the cluster may ask. */
class ApiServer {
  nodes: object[] = [];
  requestCount = 0;
  connectionCount = 0;
  readonly #server: Server;

  constructor({ ca, server }: Certificates) {
    this.#server = createServer({ ...server, ca, requestCert: true, rejectUnauthorized: true });
    this.#server.on("secureConnection", () => (this.connectionCount += 1));
    this.#server.on("request", (request, response) => {
      this.requestCount += 1;
      response.statusCode = request.url === "/api/v1/nodes" ? 200 : 404;
      response.end(JSON.stringify({ kind: "NodeList", items: this.nodes }));
    });
  }

  async listen(port = 0): Promise<number> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }
}

const node = (heartbeatAtMs: number, status = "True"): object => ({
  status: {
    conditions: [
      { type: "MemoryPressure", status: "False", lastHeartbeatTime: wholeSeconds(Date.now()) },
      { type: "Ready", status, lastHeartbeatTime: wholeSeconds(heartbeatAtMs) },
    ],
  },
});

function wholeSeconds(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

let folder: string;
let certificates: Certificates;
let foreign: Certificates;
let home: string;
let api: ApiServer;
let port: number;
let opened: ClusterHealth[];

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "cluster-health-"));
  const make = (name: string): Certificates => {
    mkdirSync(path.join(folder, name));
    return makeCertificates(path.join(folder, name));
  };
  certificates = make("ours");
  foreign = make("foreign");
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  home = mkdtempSync(path.join(folder, "home-"));
  opened = [];
  api = new ApiServer(certificates);
  port = await api.listen();
  writeKubeconfig(`https://127.0.0.1:${port}`);
});

afterEach(async () => {
  for (const health of opened) health.close();
  await api.close();
});

function writeKubeconfig(server: string, { ca, client } = certificates): void {
  const encode = (text: string): string => Buffer.from(text).toString("base64");
  mkdirSync(path.join(home, ".kube"), { recursive: true });
  writeFileSync(
    path.join(home, ".kube/config"),
    `apiVersion: v1
kind: Config
current-context: kind-kind
contexts:
- { name: other, context: { cluster: none, user: none } }
- { name: kind-kind, context: { cluster: kind-kind, user: kind-kind } }
clusters:
- name: kind-kind
  cluster: { server: "${server}", certificate-authority-data: ${encode(ca)} }
users:
- name: kind-kind
  user: { client-certificate-data: ${encode(client.cert)}, client-key-data: ${encode(client.key)} }
`,
  );
}

interface Machine {
  readonly ageMs?: number;
  readonly profile?: Profile;
  readonly nowMs?: () => number;
}

function healthOf({ ageMs = 10_000, profile = "kubernetes", nowMs = () => 0 }: Machine = {}): ClusterHealth {
  const health = new ClusterHealth({
    ...{ profile, home, monotonicMs: nowMs },
    machineStartedAtMs: Date.now() - ageMs,
  });
  opened.push(health);
  return health;
}

describe("the health of a sandbox's cluster", () => {
  it("is up when every node has said Ready since the machine started", async () => {
    api.nodes = [node(Date.now()), node(Date.now() - 5_000), node(Date.now())];
    expect(await healthOf().read()).toBe("up");
  });

  it("counts a heartbeat of the second in which the machine started", async () => {
    api.nodes = [node(Date.now())];
    expect(await healthOf({ ageMs: 0 }).read()).toBe("up");
  });

  it.each<[string, object[]]>([
    ["a node remembers its Ready from before the sleep", [node(Date.now()), node(Date.now() - 3_600_000)]],
    ["a node is not Ready", [node(Date.now()), node(Date.now(), "False")]],
    ["a node has been lost", [node(Date.now(), "Unknown")]],
    ["a node says nothing", [{ status: {} }]],
    ["there is no node", []],
    ["the answer has another shape", [{}]],
  ])("is starting, and later down, while %s", async (_, nodes) => {
    api.nodes = nodes;
    expect(await healthOf().read()).toBe("starting");
    expect(await healthOf({ ageMs: STARTING_MS + 1_000 }).read()).toBe("down");
  });

  it("is starting, and later down, while nothing listens", async () => {
    await api.close();
    expect(await healthOf().read()).toBe("starting");
    expect(await healthOf({ ageMs: STARTING_MS + 1_000 }).read()).toBe("down");
  });

  it("does not believe a server of another authority", async () => {
    api.nodes = [node(Date.now())];
    writeKubeconfig(`https://127.0.0.1:${port}`, { ...certificates, ca: foreign.ca });
    expect(await healthOf().read()).toBe("starting");
    expect(api.requestCount).toBe(0);
  });

  it("is not up for a client that the cluster does not know", async () => {
    api.nodes = [node(Date.now())];
    writeKubeconfig(`https://127.0.0.1:${port}`, { ...certificates, client: foreign.client });
    expect(await healthOf().read()).toBe("starting");
  });

  it.each([
    ["https://10.1.2.3:6443", "outside the sandbox"],
    ["nonsense", "not an address"],
  ])("is absent for a kubeconfig with %s: %s", async (server) => {
    writeKubeconfig(server);
    expect(await healthOf().read()).toBe("absent");
  });

  it("is absent where the profile has none, and when the attendee deletes it", async () => {
    api.nodes = [node(Date.now())];
    expect(await healthOf({ profile: "docker" }).read()).toBe("absent");
    let nowMs = 0;
    const health = healthOf({ nowMs: () => nowMs });
    expect(await health.read()).toBe("up");
    nowMs += UP_MS;
    writeFileSync(path.join(home, ".kube/config"), "apiVersion: v1\nclusters: null\ncontexts: null\n");
    expect(await health.read()).toBe("absent");
    nowMs += UP_MS;
    rmSync(path.join(home, ".kube/config"));
    expect(await health.read()).toBe("absent");
  });

  it("follows the attendee to another cluster", async () => {
    const other = new ApiServer(foreign);
    const health = healthOf();
    expect(await health.read()).toBe("starting");
    other.nodes = [node(Date.now())];
    writeKubeconfig(`https://127.0.0.1:${await other.listen()}`, foreign);
    expect(await health.read()).toBe("up");
    await other.close();
  });

  it("asks once for many who ask at once, over one connection, and believes an up for a second", async () => {
    let nowMs = 0;
    const health = healthOf({ nowMs: () => nowMs });
    const readOften = () => Promise.all(Array.from({ length: 50 }, () => health.read()));
    expect(new Set(await readOften())).toEqual(new Set(["starting"]));
    api.nodes = [node(Date.now())];
    expect(new Set(await readOften())).toEqual(new Set(["up"]));
    nowMs += UP_MS - 1;
    await readOften();
    expect(api.requestCount).toBe(2);
    api.nodes = [node(Date.now(), "False")];
    nowMs += 1;
    expect(await health.read()).toBe("starting");
    expect(api).toMatchObject({ requestCount: 3, connectionCount: 1 });
  });

  it("is up again after the API server was away", async () => {
    api.nodes = [node(Date.now())];
    let nowMs = 0;
    const health = healthOf({ nowMs: () => nowMs });
    expect(await health.read()).toBe("up");
    await api.close();
    nowMs += UP_MS;
    expect(await health.read()).toBe("starting");
    const again = new ApiServer(certificates);
    again.nodes = api.nodes;
    await again.listen(port);
    expect(await health.read()).toBe("up");
    await again.close();
  });
});
