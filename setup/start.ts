import { spawn } from "node:child_process";
import { createServer } from "node:net";
import path from "node:path";
import { parseConfig, type Config } from "../server/platform/config";
import { bundleAgent } from "./bundle";
import { bundleServer } from "./bundle-server";
import { ensureEngine, type Engine } from "./engine";
import { ensureImages } from "./ensure-images";
import { interruptible } from "./interruption";
import { keepEngineRunning } from "./keep-engine";
import { describePreparedKubernetes } from "./kubernetes";
import { buildPages } from "./pages";
import { isOwnEngineRunning, stopOwnEngine } from "./own-engine";
import { runProgram, say, stage } from "./progress";
import { SetupProblem } from "./setup-problem";

const ROOT = path.resolve(import.meta.dirname, "..");
/** For what is being prepared to clear away what it has begun. */
const STOP_MS_MAX = 30_000;
const LOADER = `file://${path.join(ROOT, "node_modules/tsx/dist/loader.mjs")}`;

type Stop = () => Promise<void>;

/** Everything between installed dependencies and a running platform; resolves with its exit code when it has ended. */
async function start(isDevelopment: boolean): Promise<number> {
  const config = readConfig();
  await requireFreePort(config.http);
  const stops: Stop[] = [];
  try {
    const { entry, dockerHost } = await interruptible(() => prepare(config, { isDevelopment, stops }));
    return await runServer(entry, { isDevelopment, dockerHost });
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** Answers what to run, and with which engine. Whatever it starts is put into `stops` before it is there. */
async function prepare(
  config: Config,
  { isDevelopment, stops }: { readonly isDevelopment: boolean; readonly stops: Stop[] },
): Promise<{ entry: string; dockerHost: string | undefined }> {
  await stage("agent", () => bundleAgent());
  const engine = config.sandbox.driver === "docker" ? await startEngine(config, stops) : undefined;
  // Images wait for packages, pages keep a core busy: side by side they take as long as the longer one.
  await Promise.all([
    engine && ensureImages({ root: ROOT, dataFolder: config.dataFolder, dockerHost: engine.dockerHost }),
    isDevelopment ? undefined : stage("pages", (report) => buildPages(ROOT, report)),
  ]);
  if (engine) stops.push(await prepareKubernetesBeside(config, engine.dockerHost));
  const entry = isDevelopment ? path.join(ROOT, "server/main.ts") : await bundleServer(ROOT);
  if (engine?.isOurs === true) {
    const stopKeeping = keepEngineRunning(config.dataFolder, (text) => {
      say("engine", text);
    });
    stops.push(stopKeeping);
  }
  return { entry, dockerHost: engine?.dockerHost };
}

async function startEngine({ dataFolder }: Config, stops: Stop[]): Promise<Engine> {
  const wasRunning = await isOwnEngineRunning(dataFolder);
  let engine: Engine | undefined;
  stops.push(async () => {
    if (engine !== undefined) await engine.stop();
    else if (!wasRunning) await stopOwnEngine(dataFolder);
  });
  return (engine = await stage("engine", (report) => ensureEngine({ dataFolder, report })));
}

/**
 * Kubernetes takes minutes the first time, which nobody who only wants Docker should wait for: it is made ready beside the running
 * platform. Answers how to stop that.
 */
async function prepareKubernetesBeside({ dataFolder, sandbox }: Config, dockerHost: string): Promise<Stop> {
  if (sandbox.kubernetesNode === "none") {
    say("kind node", "Kubernetes is switched off (KUBERNETES_NODE=none)");
    return async () => undefined;
  }
  const prepared = await describePreparedKubernetes({ root: ROOT, dataFolder, dockerHost });
  if (prepared !== undefined) {
    say("kind node", `${prepared} (KUBERNETES_NODE=${sandbox.kubernetesNode})`);
    return async () => undefined;
  }
  say("kind node", "Kubernetes is made ready meanwhile; labs that need it say so until then");
  const script = path.join(ROOT, "setup/prepare-kubernetes.ts");
  const child = spawn(process.execPath, ["--import", LOADER, script], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, DOCKER_HOST: dockerHost },
  });
  const ended = new Promise<void>((resolve) => {
    child.on("exit", () => {
      resolve();
    });
  });
  return async () => {
    child.kill("SIGTERM");
    const kill = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
    await ended;
    clearTimeout(kill);
  };
}

function readConfig(): Config {
  try {
    return parseConfig(process.env);
  } catch (error) {
    throw new SetupProblem(
      error instanceof Error ? error.message : String(error),
      "Every setting is described in .env.example.",
    );
  }
}

async function requireFreePort({ host, port }: Config["http"]): Promise<void> {
  const probe = createServer();
  const problem = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    probe.once("error", resolve);
    probe.listen(port, host, () => {
      resolve(undefined);
    });
  });
  await new Promise((resolve) => probe.close(resolve));
  if (problem === undefined) return;
  const isTaken = problem.code === "EADDRINUSE";
  throw new SetupProblem(
    isTaken
      ? `Port ${port} on ${host} is taken by another program, perhaps a Slipway that is running.`
      : `Cannot listen on ${host}:${port}: ${problem.message}.`,
    `Stop that program, or choose another port: PORT=${port + 1} npm start`,
  );
}

/** Runs the server in the foreground and answers its exit code. Ctrl-C reaches it directly; SIGTERM is handed on. */
async function runServer(
  entry: string,
  options: { isDevelopment: boolean; dockerHost: string | undefined },
): Promise<number> {
  const child = spawn(
    process.execPath,
    ["--enable-source-maps", ...(options.isDevelopment ? ["--import", LOADER] : []), entry],
    {
      cwd: ROOT,
      stdio: "inherit",
      env: {
        ...process.env,
        NODE_ENV: options.isDevelopment ? "development" : "production",
        NEXT_TELEMETRY_DISABLED: "1",
        LOG_FORMAT: process.env["LOG_FORMAT"] ?? (process.stdout.isTTY ? "pretty" : "json"),
        ...(options.dockerHost === undefined ? {} : { DOCKER_HOST: options.dockerHost }),
      },
    },
  );
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  process.on("SIGINT", () => undefined);
  return new Promise((resolve) => {
    child.on("exit", (code) => {
      resolve(code ?? 1);
    });
  });
}

await runProgram(() => start(process.argv.includes("--dev")));
