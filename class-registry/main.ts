import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import path from "node:path";
import { systemClock } from "../server/platform/clock";
import { CLASS_REGISTRY } from "../server/sandboxes/class-registry";
import { Allowances } from "./allowances";
import { collectGarbage } from "./collect-garbage";
import { askForCollection, startControl, type CollectOutcome } from "./control";
import { Distribution } from "./distribution";
import { createGateway, report } from "./gateway";
import { ImageStore } from "./image-store";
import { ensurePushSecret } from "./push-secret";
import { readSettings, type Settings } from "./settings";
import { WriteGate } from "./write-gate";

/** Docker pushes five layers at a time; two pushes of one attendee are enough. */
const PREFIX_TRANSFERS_MAX = 12;
const TRANSFERS_MAX = 128;
const WRITERS_LEAVE_MS_MAX = 10_000;
const SWEEP_MS_MAX = 10 * 60_000;
const UPSTREAM_ANSWER_MS_MAX = 5_000;
/** `flock`'s own choice for "somebody else has it" would be 1, as for any failure. */
const LOCKED_EXIT_CODE = 75;
const NOTHING_EXIT_CODE = 76;

/** What the container's commands are; without one the registry is served. */
const COMMANDS: Readonly<Record<string, (settings: Settings, args: readonly string[]) => Promise<void>>> = {
  serve,
  /** Prints the secret that passwords are derived from. */
  secret: async ({ DATA_FOLDER }) => say(await ensurePushSecret(DATA_FOLDER)),
  /** Prints the prefixes that something was pushed under. */
  prefixes: async ({ DATA_FOLDER }) => say(JSON.stringify(await new ImageStore(DATA_FOLDER).listPrefixes())),
  /** Asks the gateway to take prefixes out and to collect garbage. */
  collect: async ({ CONTROL_SOCKET }, prefixes) => say(await askForCollection(CONTROL_SOCKET, prefixes)),
  /** Collects; the gateway runs it while nobody writes. */
  sweep,
};

async function serve(settings: Settings): Promise<void> {
  const { PORT, LOCAL_PORT, UPSTREAM_PORT, UPSTREAM_URL, CONFIG_FOLDER, DATA_FOLDER } = settings;
  const store = new ImageStore(DATA_FOLDER);
  const gate = new WriteGate(systemClock);
  const shared = { ...process.env, REGISTRY_HTTP_SECRET: randomBytes(32).toString("hex") };
  const local = new Distribution({
    configFile: path.join(CONFIG_FOLDER, "local.yml"),
    ...{ port: LOCAL_PORT, env: shared, clock: systemClock },
  });
  const upstream = new Distribution({
    configFile: path.join(CONFIG_FOLDER, "upstream.yml"),
    ...{ port: UPSTREAM_PORT, clock: systemClock },
    env: { ...shared, REGISTRY_PROXY_REMOTEURL: UPSTREAM_URL },
    // Distribution ends at once when the registry that it stands before does not answer.
    mayStart: () => answers(UPSTREAM_URL),
  });
  const server = createGateway({
    ...{ store, gate, localPort: LOCAL_PORT, upstreamPort: UPSTREAM_PORT },
    secret: await ensurePushSecret(DATA_FOLDER),
    isUpstreamUp: () => upstream.isListening(),
    diskReserveBytes: settings.DISK_RESERVE_BYTES,
    prefixBytesMax: settings.PREFIX_BYTES_MAX,
    allowances: new Allowances({
      prefixBytesMax: settings.PREFIX_BYTES_MAX,
      prefixTransfersMax: PREFIX_TRANSFERS_MAX,
      transfersMax: TRANSFERS_MAX,
      readUsedBytes: (prefix) => store.readUsedBytes(prefix),
    }),
  });
  local.start();
  if (UPSTREAM_URL !== "") upstream.start();
  const control = await startControl(settings.CONTROL_SOCKET, (prefixes) =>
    collect(settings, gate, prefixes),
  );
  server.listen(PORT);
  await once(server, "listening");
  report("class-registry.started");
  await Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
  server.close();
  server.closeAllConnections();
  control.close();
  await Promise.all([local.stop(), upstream.stop()]);
}

async function collect(
  { QUIET_MS }: Settings,
  gate: WriteGate,
  prefixes: readonly string[],
): Promise<CollectOutcome> {
  if (!gate.isQuiet(QUIET_MS)) return "busy";
  let outcome: CollectOutcome = "busy";
  await gate.whileClosed(async () => {
    // The lock is shared with setup, which fills the registry past the gateway.
    const lock = ["--exclusive", "--nonblock", "--conflict-exit-code", String(LOCKED_EXIT_CODE)];
    const argv = [...lock, CLASS_REGISTRY.lockFile, process.execPath, process.argv[1] ?? "", "sweep"];
    const code = await run("flock", [...argv, ...prefixes]);
    if (code !== 0 && code !== LOCKED_EXIT_CODE && code !== NOTHING_EXIT_CODE)
      throw new Error(`the collection ended with ${code}`);
    if (code !== LOCKED_EXIT_CODE) outcome = code === 0 ? "collected" : "nothing";
  }, WRITERS_LEAVE_MS_MAX);
  report(`class-registry.garbage-${outcome}`);
  return outcome;
}

async function sweep({ DATA_FOLDER, CONFIG_FOLDER }: Settings, prefixes: readonly string[]): Promise<void> {
  const deps = {
    store: new ImageStore(DATA_FOLDER),
    markerFile: path.join(DATA_FOLDER, "garbage"),
    sweep: async () => {
      const code = await run("docker-registry", ["garbage-collect", path.join(CONFIG_FOLDER, "local.yml")]);
      if (code !== 0) throw new Error(`Distribution's collector ended with ${code}`);
    },
  };
  if (!(await collectGarbage(deps, prefixes))) process.exitCode = NOTHING_EXIT_CODE;
}

async function run(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"], timeout: SWEEP_MS_MAX });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? -1;
}

/** Whether a registry answers there: also one that wants to know who asks. */
async function answers(url: string): Promise<boolean> {
  const response = await fetch(new URL("/v2/", url), { signal: AbortSignal.timeout(UPSTREAM_ANSWER_MS_MAX) });
  return response.status === 200 || response.status === 401;
}

async function say(text: string): Promise<void> {
  process.stdout.write(`${text}\n`);
}

const [command = "serve", ...args] = process.argv.slice(2);
const chosen = COMMANDS[command];
if (chosen === undefined) throw new Error(`no such command: ${command}`);
await chosen(readSettings(process.env), args);
