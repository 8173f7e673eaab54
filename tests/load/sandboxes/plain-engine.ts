import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { systemClock } from "../../../server/platform/clock";
import { waitUntil } from "../../../server/platform/wait-until";

const run = promisify(execFile);
const ENGINE_MS_MAX = 60_000;
const OUTPUT_BYTES_MAX = 16 * 1_024 * 1_024;

/** The sandbox image's engine as somebody would start it by hand: no agent, no volume of ours, nothing prepared. */
export interface PlainEngine {
  /** Runs a command in its container and answers what it printed. */
  exec(...argv: readonly string[]): Promise<string>;
  /** Idempotent. */
  remove(): Promise<void>;
}

export interface PlainEngineOptions {
  /** Of `docker run`. */
  readonly options: readonly string[];
  /** What runs in the container, ending in an engine. */
  readonly script: string;
}

const SECURITY = ["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"];

/** Describes one; nothing is there before `start`, which resolves when the engine answers. */
export function plainEngine({
  options,
  script,
}: PlainEngineOptions): PlainEngine & { start(): Promise<void> } {
  const name = `slipway-bench-${randomUUID().slice(0, 8)}`;
  const image = process.env["SANDBOX_IMAGE"] ?? "slipway/sandbox:current";
  const security = SECURITY.flatMap((option) => ["--security-opt", option]);
  const container = ["--name", name, "--volume", "/var/lib/docker", "--entrypoint", "sh"];
  const docker = async (...argv: readonly string[]): Promise<string> =>
    (await run("docker", argv, { maxBuffer: OUTPUT_BYTES_MAX })).stdout;
  const exec = (...argv: readonly string[]): Promise<string> => docker("exec", name, ...argv);
  return {
    exec,
    start: async () => {
      await docker("run", "--detach", ...container, ...security, ...options, image, "-c", script);
      const answers = (): Promise<boolean> => exec("docker", "info").then(() => true);
      const within = { timeoutMs: ENGINE_MS_MAX, pollMs: 0, clock: systemClock };
      await waitUntil("the plain engine answers", answers, within);
    },
    remove: async () => {
      await docker("rm", "--force", "--volumes", name).catch(() => undefined);
    },
  };
}
