import { createHash, randomBytes, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import os from "node:os";
import path from "node:path";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../server/platform/clock";
import { waitUntil } from "../../../server/platform/wait-until";
import { createSandboxAgent } from "../../../server/sandboxes/agent-client";
import { ProcessSandboxDriver } from "../../../server/sandboxes/drivers/process/process-sandbox-driver";
import type { SandboxId } from "../../../server/sandboxes/sandbox";
import type { SandboxAgent } from "../../../server/sandboxes/sandbox-agent";
import { bundleAgent } from "../../../setup/bundle";
import { findFreePort } from "../../support/free-port";

const never = new AbortController().signal;
const tokenOf = (): string => "token";
const id = randomUUID() as SandboxId;
let folder: string;
let driver: ProcessSandboxDriver;
let agent: SandboxAgent;
let web: Server;
let engine: Server;

const portOf = (server: { address(): AddressInfo | string | null }): number =>
  (server.address() as AddressInfo).port;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "slipway-tunnels-"));
  const dockerSocketPath = path.join(folder, "engine.sock");
  web = createServer((asked, answer) => {
    const hash = createHash("sha256");
    asked.on("data", (chunk: Buffer) => hash.update(chunk));
    asked.on("end", () => answer.end(`${asked.url ?? ""} ${hash.digest("hex")}`));
  });
  engine = createServer((_, answer) => answer.end("OK"));
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  await new Promise<void>((resolve) => engine.listen(dockerSocketPath, resolve));
  const agentCommand = [process.execPath, path.join(await bundleAgent(), "agent.mjs")] as const;
  const options = { folder, agentCommand, tokenOf, clock: systemClock, startTimeoutMs: 15_000 };
  driver = new ProcessSandboxDriver({
    ...options,
    mode: "test",
    installationId: "tunnels",
    dockerSocketPath,
  });
  agent = createSandboxAgent({ access: driver, tokenOf });
  const limits = { cpuMillis: 1_000, memoryMiB: 512, diskMiB: 1_024, pidsMax: 512 };
  await driver.create({ id, profile: "docker", hostName: "tunnels", limits }, never);
});
afterAll(async () => {
  await driver.destroy(id);
  web.closeAllConnections();
  web.close();
  engine.close();
  await rm(folder, { recursive: true, force: true });
});

/** One HTTP exchange over a tunnel. */
function ask(stream: Duplex, where: string, body = Buffer.alloc(0)): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ createConnection: () => stream, method: "POST", path: where }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
      answer.on("end", () => {
        resolve(text);
        stream.destroy();
      });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

describe("tunnels into a sandbox", () => {
  it("reach a port on its loopback, every byte as it was sent", async () => {
    const body = randomBytes(5_000_000);
    const stream = await agent.openTunnel(id, `tcp:${portOf(web)}`, never);
    const sha256 = createHash("sha256").update(body).digest("hex");
    expect(await ask(stream, "/visits", body)).toBe(`/visits ${sha256}`);
  });

  it("reach its engine, whose health the agent tells", async () => {
    expect(await ask(await agent.openTunnel(id, "docker", never), "/_ping")).toBe("OK");
    expect((await agent.readHealth(id, never)).engine).toBe("up");
  });

  it("reach the cluster that its kubeconfig names, and no other place", async () => {
    const home = path.join(folder, "tunnels", id, "home", ".kube");
    const kubeconfigOf = (server: string): string =>
      `current-context: a\ncontexts: [{ name: a, context: { cluster: b } }]\nclusters: [{ name: b, cluster: { server: "${server}" } }]\n`;
    await mkdir(home, { recursive: true });
    const unreachable = { code: "agent.unreachable" };
    await expect(agent.openTunnel(id, "kubernetes", never)).rejects.toMatchObject(unreachable);
    await writeFile(path.join(home, "config"), kubeconfigOf("https://10.0.0.1:6443"));
    await expect(agent.openTunnel(id, "kubernetes", never)).rejects.toMatchObject(unreachable);
    await writeFile(path.join(home, "config"), kubeconfigOf(`http://127.0.0.1:${portOf(web)}`));
    expect(await ask(await agent.openTunnel(id, "kubernetes", never), "/version")).toMatch(/^\/version /);
  });

  it("tell that nothing answers", async () => {
    const opening = agent.openTunnel(id, `tcp:${await findFreePort()}`, never);
    await expect(opening).rejects.toMatchObject({ code: "agent.unreachable" });
  });

  it("end on both sides when either ends", async () => {
    const accepted: Socket[] = [];
    const target = createTcpServer((socket) => accepted.push(socket.on("error", () => undefined)));
    await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
    const until = (subject: string, isTrue: () => boolean) =>
      waitUntil(subject, isTrue, { timeoutMs: 10_000, pollMs: 5, clock: systemClock });
    const left = await agent.openTunnel(id, `tcp:${portOf(target)}`, never);
    const cut = await agent.openTunnel(id, `tcp:${portOf(target)}`, never);
    await until("both have come", () => accepted.length === 2);
    left.destroy();
    await until("the target is told", () => accepted[0]?.destroyed === true);
    cut.resume();
    accepted[1]?.destroy();
    await until("the caller is told", () => cut.destroyed);
    target.close();
  });
});
