import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import { parseConfig } from "../../../server/platform/config";
import { systemClock } from "../../../server/platform/clock";
import { waitUntil } from "../../../server/platform/wait-until";
import type { Profile } from "../../../server/protocol";
import { createSandboxAgent } from "../../../server/sandboxes/agent-client";
import type { DataVolumes } from "../../../server/sandboxes/drivers/docker/data-volumes";
import type { DockerSandboxDriver } from "../../../server/sandboxes/drivers/docker/docker-sandbox-driver";
import type { SandboxId } from "../../../server/sandboxes/sandbox";
import type { SandboxAgent } from "../../../server/sandboxes/sandbox-agent";
import type { SandboxSpec } from "../../../server/sandboxes/sandbox-driver";
import { DockerFixture, tokenOf } from "./docker-fixture";

const START_MS_MAX = 60_000;
const COMMAND_MS_MAX = 100_000;
const MANIFESTS = path.resolve(import.meta.dirname, "manifests");

/** A real sandbox with a cluster, and what its attendee types in it. Whoever starts it closes it. */
export class ClusterSeat {
  readonly id = randomUUID() as SandboxId;
  readonly #fixture = new DockerFixture();
  readonly installationId = randomUUID();
  #driver!: DockerSandboxDriver;
  #spec!: SandboxSpec;
  agent!: SandboxAgent;

  /** On this machine's own volumes, or on others. */
  async open(profile: Profile, volumes?: DataVolumes): Promise<void> {
    this.#driver = await this.#fixture.connect(this.installationId, volumes);
    this.agent = createSandboxAgent({ access: this.#driver, tokenOf });
    const { limits } = parseConfig(process.env).sandbox.plans[profile];
    this.#spec = { id: this.id, profile, hostName: "cluster", limits };
    await this.#driver.create(this.#spec, AbortSignal.timeout(START_MS_MAX));
  }

  /** Nothing is left of it, whatever went wrong before. */
  async close(): Promise<void> {
    await this.#driver.destroy(this.id);
    expect(await this.#fixture.countLeft(this.installationId)).toBe(0);
    await this.#fixture.close();
  }

  async sleepAndWake(): Promise<void> {
    await this.#driver.sleep(this.id);
    await this.#driver.wake(this.id, AbortSignal.timeout(START_MS_MAX));
  }

  async resetKeepingHome(): Promise<void> {
    await this.#driver.reset(this.#spec, { keepsHome: true }, AbortSignal.timeout(START_MS_MAX));
  }

  /** What `script` prints for the attendee, in their shell. @throws Error with what it said when it fails */
  async type(script: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#run(script);
    if (exitCode !== 0) throw new Error(`exit code ${String(exitCode)}: ${script}\n${stdout}\n${stderr}`);
    return stdout.trimEnd();
  }

  /** Everything that `script` says, though it fails. */
  async hear(script: string): Promise<string> {
    const { stdout, stderr } = await this.#run(script);
    return stdout + stderr;
  }

  /** Types `script` again until it succeeds and prints what fits; answers that. */
  async until(script: string, pattern: RegExp, timeoutMs = 30_000): Promise<string> {
    let said = "";
    const fits = async (): Promise<boolean> => {
      const outcome = await this.#run(script);
      said = `${outcome.stdout}${outcome.stderr}`;
      return outcome.exitCode === 0 && pattern.test(outcome.stdout);
    };
    await waitUntil(`${script} prints ${String(pattern)}`, fits, { timeoutMs, clock: systemClock }).catch(
      (cause: unknown) => {
        throw new Error(`${script}: not ${String(pattern)} but ${said}`, { cause });
      },
    );
    return said.trimEnd();
  }

  /** Applies one of `./manifests`. */
  async apply(name: string): Promise<void> {
    const bytes = await readFile(path.join(MANIFESTS, name));
    await this.agent.writeFile(this.id, { path: name, bytes }, AbortSignal.timeout(COMMAND_MS_MAX));
    await this.type(`kubectl apply --filename ~/${name}`);
  }

  #run(script: string) {
    const command = { script, user: "attendee", timeoutMs: COMMAND_MS_MAX } as const;
    return this.agent.runCommand(this.id, command, AbortSignal.timeout(COMMAND_MS_MAX + 5_000));
  }
}
