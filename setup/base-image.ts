import { createHash } from "node:crypto";
import { access, mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { findImage, followEvents } from "./build-image";
import { dockerClient } from "./docker-client";
import { readHostApt, type HostApt } from "./host-apt";
import { findProgram, installPackages } from "./packages";
import { asRoot, type Argv } from "./root";
import { runCommand } from "./run-command";
import { SetupProblem, type Report } from "./setup-problem";

export type Suite = "trixie" | "bookworm";

export interface BaseImageOptions {
  readonly dockerHost: string;
  /** A base that was made here is kept in its folder `cache`. */
  readonly dataFolder: string;
  readonly suite: Suite;
  readonly report: Report;
}

/** A registry that can be reached says so at once; a venue's network swallows packets. */
const PULL_START_MS_MAX = 10_000;
const PULL_MS_MAX = 5 * 60_000;
const BOOTSTRAP_MS_MAX = 10 * 60_000;
const DEBIAN_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
/** Raised when what is put into a base changes. */
const RECIPE = 2;
/** What the registry's slim images leave out, too. */
const DPKG_OPTIONS = [
  "path-exclude=/usr/share/man/*",
  "path-exclude=/usr/share/info/*",
  "path-exclude=/usr/share/doc/*",
  "path-include=/usr/share/doc/*/copyright",
  "path-exclude=/usr/share/locale/*",
];

/**
 * Makes the engine have `debian:<suite>-slim`: the registry's, or where no registry answers one made of Debian's packages under
 * the same name, so that every Dockerfile works in both worlds. Answers the image's id.
 *
 * @throws SetupProblem when neither can be had.
 */
export async function ensureBaseImage({
  dockerHost,
  dataFolder,
  suite,
  report,
}: BaseImageOptions): Promise<string> {
  const docker = dockerClient(dockerHost, PULL_MS_MAX);
  const name = `debian:${suite}-slim`;
  const present = await findImage(docker, name);
  if (present !== undefined) return present;
  if (!(await pull(docker, name, report))) await importBase(docker, { dataFolder, suite, report });
  const made = await findImage(docker, name);
  if (made === undefined) throw new Error(`${name} is missing although it was just made`);
  return made;
}

/** True once the engine has pulled it; false where no registry gives it. */
export async function pull(docker: Docker, name: string, report: Report): Promise<boolean> {
  report(`asking the registry for ${name}`);
  const tooLong = sleep(PULL_START_MS_MAX, undefined, { ref: false });
  const stream = await Promise.race([docker.pull(name), tooLong]).catch(() => undefined);
  if (stream === undefined) return false;
  return followEvents(docker, stream, () => undefined).then(
    () => true,
    () => false,
  );
}

async function importBase(docker: Docker, options: Omit<BaseImageOptions, "dockerHost">): Promise<void> {
  const { suite } = options;
  const archive = await bootstrap(options);
  const stream = await docker.importImage(archive, {
    repo: "debian",
    tag: `${suite}-slim`,
    changes: 'CMD ["bash"]',
  });
  await followEvents(docker, stream, () => undefined);
}

/** The tar archive of a minimal Debian, from the cache or newly made. */
async function bootstrap({
  dataFolder,
  suite,
  report,
}: Omit<BaseImageOptions, "dockerHost">): Promise<string> {
  const apt = await readHostApt();
  const archive = path.join(dataFolder, "cache", `debian-${suite}-${hashOf(suite, apt)}.tar`);
  if (await exists(archive)) return archive;
  await requireTools(suite, report);
  report(`no registry answers: making debian:${suite}-slim of Debian's packages`);
  await mkdir(path.dirname(archive), { recursive: true });
  const draft = `${archive}.${process.pid}.tar`;
  try {
    const command = await asRoot(bootstrapCommand(suite, draft, apt), "Making the base image");
    await runCommand(command, { timeoutMs: BOOTSTRAP_MS_MAX });
    await rename(draft, archive);
  } catch (cause) {
    if (cause instanceof SetupProblem) throw cause;
    throw new SetupProblem(
      `debian:${suite}-slim could not be made: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Check that this machine can reach a Debian mirror, or load the image into the engine with docker load.",
      { cause },
    );
  } finally {
    await rm(draft, { force: true });
  }
  return archive;
}

async function requireTools(suite: Suite, report: Report): Promise<void> {
  if ((await findProgram("mmdebstrap")) !== undefined && (await exists(DEBIAN_KEYRING))) return;
  if ((await findProgram("apt-get")) === undefined) {
    throw new SetupProblem(
      `No registry answers, and debian:${suite}-slim can be made on Debian and Ubuntu only.`,
      `Connect to the Internet, or load debian:${suite}-slim into the engine with docker load.`,
    );
  }
  await installPackages(["mmdebstrap", "debian-archive-keyring"], report);
}

function bootstrapCommand(suite: Suite, target: string, apt: HostApt): Argv {
  return [
    "mmdebstrap",
    "--quiet",
    "--variant=minbase",
    `--keyring=${DEBIAN_KEYRING}`,
    ...DPKG_OPTIONS.map((option) => `--dpkgopt=${option}`),
    ...apt.options.map((option) => `--aptopt=${option}`),
    // How this machine reaches its mirror is nobody else's business.
    '--customize-hook=rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap"',
    suite,
    target,
    ...sourcesOf(suite, apt),
  ];
}

/** This machine's own mirrors. Where it has none for Debian (Ubuntu), mmdebstrap's default. */
function sourcesOf(suite: Suite, { mirror, securityMirror }: HostApt): readonly string[] {
  if (mirror === undefined) return [];
  const security = securityMirror === undefined ? [] : [`deb ${securityMirror} ${suite}-security main`];
  return [`deb ${mirror} ${suite} main`, `deb ${mirror} ${suite}-updates main`, ...security];
}

function hashOf(suite: Suite, apt: HostApt): string {
  const inputs = [RECIPE, suite, DPKG_OPTIONS, sourcesOf(suite, apt)];
  return createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 12);
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
