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
const ROUNDS = 7;
const KEYS_PER_ROUND = 80;
const RANDOM_BYTES = 30_000_000;
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
  console.error("an interrupt under yes, and a browser that does not read");
  const interruptMs = await measureInterrupt(await openOurs());
  const stalledServerMiB = await measureStall(await openOurs(), gateway);
  await closeTerminals(agent);
  console.error("keys and floods: through the gateway, of the bare server, by exec");
  const here = runHere(folder);
  const openBare = async (): Promise<ShellStream> => openBareShell(await bare.ready);
  const openExec = container === null ? null : () => openExecShell(container);
  const sides = [
    { openShell: openOurs, flood, run },
    { openShell: openBare, flood: await writeFlood(here), run: here },
    ...(openExec === null ? [] : [{ openShell: openExec, flood, run }]),
  ];
  const [ours, floor, exec = null] = await measureSides(sides);
  if (ours === undefined || floor === undefined) throw new Error("a side was not measured");
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

interface Side {
  readonly openShell: () => Promise<ShellStream>;
  readonly flood: Flood;
  readonly run: RunScript;
}

interface Samples {
  readonly cat: number[];
  readonly random: number[];
  readonly echo: number[];
}

/** The sides take turns, so that whatever else the machine does meets all of them. Medians of the rounds. */
async function measureSides(sides: readonly Side[]): Promise<readonly ShellFigures[]> {
  const samples = sides.map((): Samples => ({ cat: [], random: [], echo: [] }));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, side] of sides.entries()) {
      const into = samples[index];
      if (into !== undefined) await measureSide(side, into);
    }
    await closeTerminals(agent);
  }
  return samples.map(({ cat, random, echo }) => ({
    echoP50Ms: percentile(echo, 50),
    echoP99Ms: percentile(echo, 99),
    catMBps: percentile(cat, 50),
    randomMBps: percentile(random, 50),
  }));
}

async function measureSide({ openShell, flood, run }: Side, samples: Samples): Promise<void> {
  const bulk = await openShell();
  const cat = await measureBulk(bulk, `cat ${flood.file}`, flood.bytes);
  expectHash("cat", cat.sha256, flood.sha256);
  const copy = `${flood.file}.${randomUUID()}`;
  const randomSize = Math.ceil(RANDOM_BYTES / 3) * 4;
  const lines = Math.ceil(randomSize / 76);
  const command = `head -c ${RANDOM_BYTES} /dev/urandom | base64 | tee ${copy}`;
  const random = await measureBulk(bulk, command, randomSize + 2 * lines);
  expectHash("base64 of urandom", random.sha256, (await readShown(run, copy)).sha256);
  await run(`rm ${copy}`);
  bulk.close();
  const keys = await openShell();
  samples.cat.push(cat.megabytesPerSecond);
  samples.random.push(random.megabytesPerSecond);
  samples.echo.push(...(await measureEchoes(keys, KEYS_PER_ROUND)));
  keys.close();
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
