import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { systemClock } from "../../server/platform/clock";
import { createSandboxAgent } from "../../server/sandboxes/agent-client";
import { ProcessSandboxDriver } from "../../server/sandboxes/drivers/process/process-sandbox-driver";
import type { SandboxId } from "../../server/sandboxes/sandbox";
import type { SandboxAgent } from "../../server/sandboxes/sandbox-agent";
import { bundleAgent } from "../../setup/bundle";
import { Child } from "./terminal/child";
import { measureExec } from "./terminal/exec-baseline";
import { measureBulk, measureEchoes, waitForText, type ShellStream } from "./terminal/shell-stream";
import { openBareShell, openGatewayShell, type GatewayShell } from "./terminal/shells";

/**
 * `npm run bench -- terminal`: a key and a flood through browser protocol, gateway, dial and agent, each in its own
 * process, against a bare ws + node-pty server and an exec stream of the engine's API in the same run. Every byte of a
 * flood is verified.
 */
const KEYS = 500;
const FILE_BYTES = 68_000_000;
const RANDOM_BYTES = 51_000_000;
const IDLE_TERMINALS = 64;
const TOKEN = "bench-token";
const never = new AbortController().signal;

const folder = await mkdtemp(path.join(os.tmpdir(), "slipway-bench-terminal-"));
const id = randomUUID() as SandboxId;
const driver = new ProcessSandboxDriver({
  ...{ folder, mode: "test", installationId: "bench", startTimeoutMs: 20_000, clock: systemClock },
  agentCommand: [process.execPath, path.join(await bundleAgent(), "agent.mjs")],
  tokenOf: () => TOKEN,
});
const children: Child[] = [];
try {
  const file = path.join(folder, "flood.txt");
  const written = await writeFlood(file);
  const limits = { cpuMillis: 1_000, memoryMiB: 512, diskMiB: 1_024, pidsMax: 512 };
  await driver.create({ id, hostName: "bench", limits }, never);
  const agent = createSandboxAgent({ access: driver, tokenOf: () => TOKEN });
  const gateway = new Child("gateway-process.ts", [driver.socketPathOf(id), TOKEN]);
  const bare = new Child("bare-process.ts");
  children.push(gateway, bare);
  const origin = await gateway.ready;
  const openOurs = async (terminalId?: string): Promise<GatewayShell> => {
    const opened = terminalId ?? (await agent.openTerminal(id, { columns: 200, rows: 50 }, never)).terminalId;
    return openGatewayShell(origin, await gateway.ask({ ask: "ticket", terminalId: opened }));
  };
  const openBare = async (): Promise<ShellStream> => openBareShell(await bare.ready);

  console.error("memory of idle terminals");
  const kibPerTerminal = await measureIdle(agent, gateway, openOurs);
  console.error("keys and floods through the gateway");
  const ours = await measureShell(openOurs, written);
  await closeTerminals(agent);
  console.error("an interrupt under yes, and a browser that does not read");
  const interruptMs = await measureInterrupt(await openOurs());
  const stalledServerMiB = await measureStall(await openOurs(), gateway);
  await closeTerminals(agent);
  console.error("the same against the bare server");
  const floor = await measureShell(openBare, written);
  const exec = await measureExec({ keys: KEYS, fileBytes: FILE_BYTES });
  const result = {
    name: "terminal",
    figures: rounded({ ...ours, kibPerTerminal, interruptMs, stalledServerMiB }),
    baseline: { bare: rounded(floor), exec: exec === null ? null : rounded(exec) },
    ratios: rounded({
      echoP50Ms: ours.echoP50Ms / floor.echoP50Ms,
      catMBps: ours.catMBps / floor.catMBps,
      randomMBps: ours.randomMBps / floor.randomMBps,
      ...(exec === null ? {} : { catMBpsOverExec: ours.catMBps / exec.catMBps }),
    }),
  };
  console.log(JSON.stringify(result));
} finally {
  for (const child of children) child.stop();
  await driver.destroy(id);
  await rm(folder, { recursive: true, force: true });
}

interface Flood {
  readonly file: string;
  readonly shownBytes: number;
  readonly shownHash: string;
}

interface ShellFigures {
  readonly echoP50Ms: number;
  readonly echoP99Ms: number;
  readonly catMBps: number;
  readonly randomMBps: number;
}

async function measureShell(openShell: () => Promise<ShellStream>, flood: Flood): Promise<ShellFigures> {
  const bulk = await openShell();
  const cat = await measureBulk(bulk, `cat ${flood.file}`, flood.shownBytes);
  expectHash("cat", cat.sha256, flood.shownHash);
  const copy = `${flood.file}.${randomUUID()}`;
  const randomSize = Math.ceil(RANDOM_BYTES / 3) * 4;
  const lines = Math.ceil(randomSize / 76);
  const random = await measureBulk(
    bulk,
    `head -c ${RANDOM_BYTES} /dev/urandom | base64 | tee ${copy}`,
    randomSize + 2 * lines,
  );
  expectHash("base64 of urandom", random.sha256, (await hashAsShown(copy)).shownHash);
  await rm(copy);
  bulk.close();
  const keys = await openShell();
  const echoes = await measureEchoes(keys, KEYS);
  keys.close();
  return {
    echoP50Ms: echoes[Math.floor(KEYS * 0.5)] ?? Number.NaN,
    echoP99Ms: echoes[Math.floor(KEYS * 0.99)] ?? Number.NaN,
    catMBps: cat.megabytesPerSecond,
    randomMBps: random.megabytesPerSecond,
  };
}

/** What the server's process holds for each attached terminal in which nothing happens. */
async function measureIdle(
  agent: SandboxAgent,
  gateway: Child,
  openOurs: (terminalId: string) => Promise<GatewayShell>,
): Promise<number> {
  const terminals: string[] = [];
  for (let index = 0; index < 8; index += 1) {
    terminals.push((await agent.openTerminal(id, { columns: 200, rows: 50 }, never)).terminalId);
  }
  const shells: GatewayShell[] = [];
  const attachMany = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) shells.push(await openOurs(terminals[index % 8] ?? ""));
  };
  await attachMany(8);
  const before = Number(await gateway.ask({ ask: "memory" }));
  await attachMany(IDLE_TERMINALS);
  const after = Number(await gateway.ask({ ask: "memory" }));
  for (const shell of shells) shell.close();
  await closeTerminals(agent);
  return Math.max(0, after - before) / 1024 / IDLE_TERMINALS;
}

/** From ^C under `yes` to the next prompt. */
async function measureInterrupt(shell: GatewayShell): Promise<number> {
  await waitForText(shell, "y\r\ny\r\n", () => {
    shell.type("PS1='prompt-is-''back '; yes\n");
  });
  let received = 0;
  await new Promise<void>((resolve) => {
    shell.onOutput((bytes) => {
      received += bytes.length;
      if (received > 20_000_000) resolve();
    });
  });
  const startedAt = performance.now();
  await waitForText(shell, "prompt-is-back", () => {
    shell.type("\u0003");
  });
  shell.close();
  return performance.now() - startedAt;
}

/** What the server grows by while `yes` runs for a browser that reads nothing. */
async function measureStall(shell: GatewayShell, gateway: Child): Promise<number> {
  const before = Number(await gateway.ask({ ask: "memory" }));
  await waitForText(shell, "y\r\ny\r\n", () => {
    shell.type("yes\n");
  });
  shell.stall();
  let most = 0;
  for (let second = 0; second < 5; second += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    most = Math.max(most, Number(await gateway.ask({ ask: "memory" })) - before);
  }
  shell.close();
  return most / 1024 / 1024;
}

async function closeTerminals(agent: SandboxAgent): Promise<void> {
  for (const { terminalId } of await agent.listTerminals(id, never)) {
    await agent.closeTerminal(id, terminalId, never);
  }
}

/** Text with lines as a program's log has them. */
async function writeFlood(file: string): Promise<Flood> {
  const line = "2026-05-04T09:00:00Z web-1 GET /visits 200 12ms count=";
  const handle = await open(file, "w");
  let left = FILE_BYTES;
  for (let number = 0; left > 0;) {
    const lines = Array.from({ length: 10_000 }, () => `${line}${(number += 1)}\n`);
    const block = Buffer.from(lines.join("")).subarray(0, left);
    await handle.write(block);
    left -= block.length;
  }
  await handle.close();
  return { file, ...(await hashAsShown(file)) };
}

/** A terminal shows every line end as CR LF. */
async function hashAsShown(file: string): Promise<Omit<Flood, "file">> {
  const hash = createHash("sha256");
  let shownBytes = 0;
  for await (const text of createReadStream(file, "latin1") as AsyncIterable<string>) {
    const shown = Buffer.from(text.replaceAll("\n", "\r\n"), "latin1");
    shownBytes += shown.length;
    hash.update(shown);
  }
  return { shownBytes, shownHash: hash.digest("hex") };
}

function expectHash(what: string, seen: string, expected: string): void {
  if (seen !== expected) throw new Error(`${what}: the bytes that arrived are not those that were written`);
}

function rounded(figures: object): Record<string, number> {
  return Object.fromEntries(
    Object.entries(figures as Record<string, number>).map(([key, value]) => [
      key,
      Math.round(value * 100) / 100,
    ]),
  );
}
