import { rm } from "node:fs/promises";
import { parseConfig } from "../../../server/platform/config";
import type { Profile } from "../../../server/protocol/profile";
import type { ApiClient } from "../../support/api-client";
import { becomeInstructor } from "../../support/attendee";
import { makeDataFolder, removeDataFolder, startPlatform, type Platform } from "../../support/platform";
import { linkRoot } from "./link-root";

/** Workshops whose demo cohort a benchmark's attendees join. */
const WORKSHOPS = { docker: "python-to-production", kubernetes: "django-on-kubernetes" } as const;

export interface BenchPlatform extends Platform {
  /** What all its attendees get. */
  readonly profile: Profile;
  readonly instructor: ApiClient;
  /** Where all sandboxes' volumes of this machine are, this platform's in a folder named after its installation. */
  readonly volumesFolder: string;
  /** Has something taken off the machine when the benchmark ends, however it ends. The last first. */
  atEnd(cleanUp: () => Promise<unknown>): void;
}

export interface BenchPlatformOptions {
  readonly profile: keyof typeof WORKSHOPS;
  /** Warm sandboxes at all times. */
  readonly pool?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a benchmark on a platform of its own, with its own database, whose sandboxes begin as copies of this machine's templates.
 * Whatever the platform made is gone when this resolves or rejects, also after Ctrl-C or a termination.
 */
export async function withBenchPlatform<Result>(
  options: BenchPlatformOptions,
  use: (platform: BenchPlatform) => Promise<Result>,
): Promise<Result> {
  const cleanUps: (() => Promise<unknown>)[] = [];
  const interruption = awaitInterruption();
  try {
    const used = open(options, (cleanUp) => cleanUps.push(cleanUp)).then(use);
    return await Promise.race([used, interruption.promise]);
  } finally {
    interruption.ignore();
    for (const cleanUp of cleanUps.reverse()) await cleanUp().catch(complain);
  }
}

async function open(
  { profile, pool = 0, env }: BenchPlatformOptions,
  atEnd: BenchPlatform["atEnd"],
): Promise<BenchPlatform> {
  const { volumesFolder } = parseConfig(process.env).sandbox;
  const root = await linkRoot(WORKSHOPS[profile], profile);
  atEnd(() => rm(root, { recursive: true, force: true }));
  const dataFolder = await makeDataFolder();
  atEnd(() => removeDataFolder(dataFolder, volumesFolder));
  const starting = startPlatform({
    ...{ dataFolder, root },
    env: { SANDBOX_VOLUMES_DIR: volumesFolder, POOL_TARGET: String(pool), ...env },
  });
  atEnd(async () => (await starting.catch(() => undefined))?.stop());
  const platform = await starting;
  const instructor = await becomeInstructor(platform);
  const { profiles } = await instructor.api.sandboxes.capacity.query();
  const state = profiles.find((each) => each.profile === profile);
  if (state?.state !== "ready")
    throw new Error(`${profile}: ${state?.reason ?? "it is still being prepared"}`);
  return { ...platform, ...{ profile, instructor, volumesFolder, atEnd } };
}

function awaitInterruption(): { readonly promise: Promise<never>; ignore(): void } {
  let interrupt: (signal: string) => void = () => undefined;
  const promise = new Promise<never>((_resolve, reject) => {
    interrupt = (signal) => {
      reject(new Error(`interrupted by ${signal}`));
    };
  });
  promise.catch(() => undefined);
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, interrupt);
  // The handlers stay: a second Ctrl-C must not cut the cleaning up short.
  return { promise, ignore: () => (interrupt = () => undefined) };
}

function complain(failure: unknown): void {
  console.error("cleaning up:", failure);
  process.exitCode = 1;
}
