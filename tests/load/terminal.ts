import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import type { SandboxAgent } from "../../server/sandboxes/sandbox-agent";
import { percentile, printResult } from "./bench-result";
import { chooseDriver, startDockerSandbox, startProcessSandbox } from "./terminal/bench-sandbox";
import { Child } from "./terminal/child";
import { openExecShell } from "./terminal/exec-shell";
import { readShown, runHere, runInSandbox, writeFlood, type Flood, type RunScript } from "./terminal/flood";
import { measureBulk, measureEchoes, waitForText, type ShellStream } from "./terminal/shell-stream";
import { openBareShell, openGatewayShell, type GatewayShell } from "./terminal/shells";

/**
 * `npm run bench -- terminal [--driver docker|process]`: a key and a flood through browser protocol, gateway, dial and
 * agent, each in its own process, against a bare ws + node-pty server on this machine and an exec stream of the engine's
 * API in the same container, all in the same run. Every byte of a flood is verified.
 */
const KEYS = 500;
const RANDOM_BYTES = 51_000_000;
const IDLE_TERMINALS = 64;
const never = new AbortController().signal;

const { values: options } = parseArgs({ options: { driver: { type: "string" } } });
const driver = await chooseDriver(options.driver);
const folder = await mkdtemp(path.join(os.tmpdir(), "slipway-bench-terminal-"));
console.error(`a sandbox of the ${driver} driver`);
const sandbox = driver === "docker" ? await startDockerSandbox() : await startProcessSandbox(folder);
const { agent, container, id } = sandbox;
const children: Child[] = [];
try {
  const run = runInSandbox(agent, id);
  const flood = await writeFlood(run);
  const gateway = new Child("gateway-process.ts", [JSON.stringify(sandbox.address)]);
  const bare = new Child("bare-process.ts");
  children.push(gateway, bare);
  const origin = await gateway.ready;
  const openOurs = async (terminalId?: string): Promise<GatewayShell> => {
    const opened = terminalId ?? (await agent.openTerminal(id, { columns: 200, rows: 50 }, never)).terminalId;
    return openGatewayShell(origin, await gateway.ask({ ask: "ticket", terminalId: opened }));
  };

  console.error("memory of idle terminals");
  const kibPerTerminal = await measureIdle(agent, gateway, openOurs);
  console.error("keys and floods through the gateway");
  const ours = await measureShell(openOurs, { flood, run });
  await closeTerminals(agent);
  console.error("an interrupt under yes, and a browser that does not read");
  const interruptMs = await measureInterrupt(await openOurs());
  const stalledServerMiB = await measureStall(await openOurs(), gateway);
  await closeTerminals(agent);
  console.error("the same against the bare server");
  const here = runHere(folder);
  const openBare = async (): Promise<ShellStream> => openBareShell(await bare.ready);
  const floor = await measureShell(openBare, { flood: await writeFlood(here), run: here });
  console.error("the same by exec");
  const exec = container === null ? null : await measureShell(() => openExecShell(container), { flood, run });
  printResult({
    name: "terminal",
    figures: { ...ours, kibPerTerminal, interruptMs, stalledServerMiB },
    baseline: {
      bareEchoP50Ms: floor.echoP50Ms,
      bareEchoP99Ms: floor.echoP99Ms,
      bareCatMBps: floor.catMBps,
      bareRandomMBps: floor.randomMBps,
      execEchoP50Ms: exec?.echoP50Ms ?? null,
      execEchoP99Ms: exec?.echoP99Ms ?? null,
      execCatMBps: exec?.catMBps ?? null,
      execRandomMBps: exec?.randomMBps ?? null,
    },
    ratios: {
      echoP50OverBare: ours.echoP50Ms / floor.echoP50Ms,
      catOverBare: ours.catMBps / floor.catMBps,
      randomOverBare: ours.randomMBps / floor.randomMBps,
      echoP50OverExec: exec === null ? null : ours.echoP50Ms / exec.echoP50Ms,
      catOverExec: exec === null ? null : ours.catMBps / exec.catMBps,
      randomOverExec: exec === null ? null : ours.randomMBps / exec.randomMBps,
    },
  });
} finally {
  for (const child of children) child.stop();
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
}

interface ShellFigures {
  readonly echoP50Ms: number;
  readonly echoP99Ms: number;
  readonly catMBps: number;
  readonly randomMBps: number;
}

async function measureShell(
  openShell: () => Promise<ShellStream>,
  { flood, run }: { readonly flood: Flood; readonly run: RunScript },
): Promise<ShellFigures> {
  const bulk = await openShell();
  const cat = await measureBulk(bulk, `cat ${flood.file}`, flood.bytes);
  expectHash("cat", cat.sha256, flood.sha256);
  const copy = `${flood.file}.${randomUUID()}`;
  const randomSize = Math.ceil(RANDOM_BYTES / 3) * 4;
  const lines = Math.ceil(randomSize / 76);
  const random = await measureBulk(
    bulk,
    `head -c ${RANDOM_BYTES} /dev/urandom | base64 | tee ${copy}`,
    randomSize + 2 * lines,
  );
  expectHash("base64 of urandom", random.sha256, (await readShown(run, copy)).sha256);
  await run(`rm ${copy}`);
  bulk.close();
  const keys = await openShell();
  const echoes = await measureEchoes(keys, KEYS);
  keys.close();
  return {
    echoP50Ms: percentile(echoes, 50),
    echoP99Ms: percentile(echoes, 99),
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

function expectHash(what: string, seen: string, expected: string): void {
  if (seen !== expected) throw new Error(`${what}: the bytes that arrived are not those that were written`);
}
