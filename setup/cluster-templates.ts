import { createHash, randomBytes, randomUUID } from "node:crypto";
import { request } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { systemClock } from "../server/platform/clock";
import { isProcessAlive } from "../server/platform/is-process-alive";
import type { Logger } from "../server/platform/logger";
import type { Profile } from "../server/protocol";
import { createSandboxAgent } from "../server/sandboxes/agent-client";
import { agentToken } from "../server/sandboxes/agent-token";
import {
  imageKeyOf,
  parseTemplateName,
  templateName,
} from "../server/sandboxes/drivers/docker/cluster-template";
import { connectDocker, openVolumes } from "../server/sandboxes/drivers/docker/connect-docker";
import { LABELS } from "../server/sandboxes/drivers/docker/labels";
import type { SandboxId } from "../server/sandboxes/sandbox";
import type { SandboxAgent } from "../server/sandboxes/sandbox-agent";
import { dockerClient } from "./docker-client";
import type { ImageOptions } from "./images";
import { onInterruption } from "./interruption";
import { SetupProblem } from "./setup-problem";
import { clusterScripts } from "./cluster-recipe";

export interface TemplateOptions extends ImageOptions {
  /** Holds the sandboxes' file systems, and so the templates. */
  readonly volumesFolder: string;
  /** Tag of the node image in the engine. */
  readonly nodeImage: string;
  readonly profile: Exclude<Profile, "docker">;
}

const SANDBOX_IMAGE = "slipway/sandbox:current";
const START_MS_MAX = 120_000;
const SAVE_SILENCE_MS_MAX = 5 * 60_000;
/** A template in the making belongs to an installation of its own, named after the process that makes it. */
const INSTALLATION = /^template-(\d+)$/;
/** A cluster's certificates are good for a year from its creation; a template is made anew long before. */
const TEMPLATE_LIFE_MS = 90 * 24 * 3_600_000;
/** Nobody types in it: it may have the whole machine. */
const LIMITS = { cpuMillis: 64_000, memoryMiB: 8_192, diskMiB: 32_768, pidsMax: 16_384 };

/**
 * Makes this machine have the template of a profile: a sandbox is started, the node image loaded into its engine, the cluster created,
 * stopped and started once more to see that it comes back, and what is then on its volume is kept. Does nothing when there is one
 * of the same inputs. Killed at any instant, the next call clears away what was left.
 *
 * @throws SetupProblem with what kind said
 */
export async function ensureClusterTemplate(options: TemplateOptions): Promise<void> {
  const { profile, report } = options;
  const { name, opened, volumes } = await openTemplates(options);
  if ((await volumes.listTemplates()).includes(name)) return;
  await clearDeadOnes(options);
  const secret = randomBytes(32).toString("hex");
  const tokenOf = (id: SandboxId): string => agentToken(secret, id);
  const driver = await connectDocker({ ...opened, tokenOf, startTimeoutMs: START_MS_MAX });
  const id = randomUUID() as SandboxId;
  const forget = onInterruption(() => driver.destroy(id));
  try {
    const signal = AbortSignal.timeout(START_MS_MAX);
    await driver.create({ id, profile: "docker", hostName: "kubernetes", limits: LIMITS }, signal);
    const agent = createSandboxAgent({ access: driver, tokenOf });
    report(`${profile}: loading the node image`);
    await loadImage(options, (within) => agent.openTunnel(id, "docker", within));
    for (const { what, user, script } of clusterScripts(profile, options.nodeImage)) {
      report(`${profile}: ${what}`);
      await run(agent, id, { what, user, script });
    }
    await driver.sleep(id);
    await volumes.keepAsTemplate(id, name);
  } finally {
    forget();
    await driver.destroy(id);
  }
  for (const other of await volumes.listTemplates())
    if (other !== name && parseTemplateName(other)?.profile === profile) await volumes.removeTemplate(other);
}

/** True when this machine has the template of these inputs. */
export async function hasClusterTemplate(options: TemplateOptions): Promise<boolean> {
  const { name, volumes } = await openTemplates(options);
  return (await volumes.listTemplates()).includes(name);
}

async function openTemplates(options: TemplateOptions) {
  const { dockerHost, volumesFolder, profile } = options;
  const { Id } = await dockerClient(dockerHost).getImage(SANDBOX_IMAGE).inspect();
  const opened = {
    ...{ dockerHost, dataFolder: volumesFolder, image: SANDBOX_IMAGE, clock: systemClock, log: quiet },
    installationId: `template-${process.pid}`,
  };
  return {
    name: templateName({ profile, imageKey: imageKeyOf(Id), contentKey: contentKeyOf(options) }),
    opened,
    volumes: await openVolumes(opened),
  };
}

function contentKeyOf({ nodeImage, profile }: TemplateOptions): string {
  const quarter = Math.floor(Date.now() / TEMPLATE_LIFE_MS);
  const inputs = JSON.stringify([nodeImage, clusterScripts(profile, nodeImage), quarter]);
  return createHash("sha256").update(inputs).digest("hex").slice(0, 12);
}

/** From the engine into the sandbox's engine. */
async function loadImage(
  { dockerHost, nodeImage }: TemplateOptions,
  openTunnel: (signal: AbortSignal) => Promise<Duplex>,
): Promise<void> {
  const archive = await dockerClient(dockerHost, SAVE_SILENCE_MS_MAX).getImage(nodeImage).get();
  const stream = await openTunnel(AbortSignal.timeout(START_MS_MAX));
  const loading = request({
    createConnection: () => stream,
    method: "POST",
    path: "/images/load?quiet=1",
    headers: { host: "docker", "content-type": "application/x-tar" },
  });
  const answered = new Promise<string>((resolve, reject) => {
    loading.on("error", reject);
    loading.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        resolve(Buffer.concat(chunks).toString("utf8"));
      });
    });
  });
  await pipeline(archive, loading);
  const answer = await answered;
  stream.destroy();
  if (!answer.includes("Loaded image"))
    throw new Error(`the sandbox's engine did not load it: ${answer.slice(-500)}`);
}

async function run(
  agent: SandboxAgent,
  id: SandboxId,
  { what, user, script }: { what: string; user: "attendee" | "root"; script: string },
): Promise<void> {
  const timeoutMs = 300_000;
  const outcome = await agent.runCommand(
    id,
    { script, user, timeoutMs },
    AbortSignal.timeout(timeoutMs + 5_000),
  );
  if (outcome.exitCode === 0) return;
  const said = `${outcome.stdout}\n${outcome.stderr}`.trim().split("\n").slice(-25).join("\n");
  throw new SetupProblem(
    `${what}: failed with ${outcome.exitCode ?? "a timeout"}:\n${said}`,
    "Docker labs work without it. Run npm run images to try again; if it stays, please report it.",
  );
}

/** What a process that was killed in the middle left behind. */
async function clearDeadOnes({ dockerHost, volumesFolder: dataFolder }: TemplateOptions): Promise<void> {
  const docker = dockerClient(dockerHost);
  const filters = { label: [`${LABELS.role}=sandbox`] };
  const [containers, networks] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
  ]);
  const owners = new Set(
    [...containers, ...networks].flatMap(({ Labels }) => Labels?.[LABELS.installation] ?? []),
  );
  for (const installationId of owners) {
    const pid = Number(INSTALLATION.exec(installationId)?.[1]);
    if (!(pid > 0) || isProcessAlive(pid)) continue;
    const driver = await connectDocker({
      ...{ dockerHost, dataFolder, installationId, image: SANDBOX_IMAGE, startTimeoutMs: START_MS_MAX },
      ...{ tokenOf: () => "", clock: systemClock, log: quiet },
    });
    for (const { id } of await driver.list()) await driver.destroy(id);
  }
}

const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => quiet,
};
