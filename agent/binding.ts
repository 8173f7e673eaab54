import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { readSmallFile, writeAccountFile, type AccountContext } from "./account-files";
import { REGISTRY, withRegistryCredentials } from "./docker-credentials";
import { takeHostName } from "./host-name";
import { runAs } from "./run-as";

/** Whatever would end a line, or a C string. */
const CONTROL_CHARACTERS = /\p{Cc}+/gu;

export const bindingSchema = z.strictObject({
  hostName: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/),
  attendeeName: z
    .string()
    .max(120)
    .transform((name) => name.replace(CONTROL_CHARACTERS, " ").trim()),
  registry: z
    .strictObject({
      // As the class registry spells a repository's first part; and no colon, which ends a user name.
      prefix: z
        .string()
        .regex(/^[a-z0-9]+([._-]+[a-z0-9]+)*$/)
        .max(64),
      password: z.string().regex(/^[\x21-\x7e]{1,256}$/),
    })
    .nullable(),
});

export type Binding = z.output<typeof bindingSchema>;

const FILE_NAME = "binding.json";
const DOCKER_CONFIG_BYTES_MAX = 1024 * 1024;
const SET_GIT_NAME = 'git config --global --get user.name >/dev/null || git config --global user.name "$1"';

/**
 * Whose sandbox this is. It is kept beside the agent's settings, in the sandbox's volume, because the engine forgets the host name at
 * every start and a new agent knows nothing.
 */
export class AttendeeBinding {
  readonly #context: AccountContext;
  readonly #file: string;
  #last: Promise<void> = Promise.resolve();

  constructor(options: AccountContext & { readonly configFile: string }) {
    this.#context = options;
    this.#file = path.join(path.dirname(options.configFile), FILE_NAME);
  }

  /** Makes the machine the attendee's, for every shell opened from now on. Idempotent; one after the other when asked twice at once. */
  take(binding: Binding): Promise<void> {
    const taken = this.#last.then(() => this.#take(binding));
    this.#last = taken.catch(() => undefined);
    return taken;
  }

  /** What the last `take` did and a start of the machine undoes; nothing when there was none. */
  async restore(): Promise<void> {
    const text = await readFile(this.#file, "utf8").catch(() => undefined);
    if (text !== undefined) await this.#takeMachine(bindingSchema.parse(JSON.parse(text)));
  }

  async #take(binding: Binding): Promise<void> {
    await this.#remember(binding);
    await Promise.all([this.#takeMachine(binding), this.#takeHome(binding)]);
  }

  async #remember(binding: Binding): Promise<void> {
    const draft = `${this.#file}.draft`;
    await writeFile(draft, JSON.stringify(binding), { mode: 0o600 });
    await rename(draft, this.#file);
  }

  async #takeMachine({ hostName, attendeeName, registry }: Binding): Promise<void> {
    const { account } = this.#context;
    account.environment.set("SLIPWAY_ATTENDEE", attendeeName);
    if (registry === null) account.environment.delete("REGISTRY_PREFIX");
    else account.environment.set("REGISTRY_PREFIX", `${REGISTRY}/${registry.prefix}`);
    // Where the agent is nobody special (process driver), the machine is its author's, and keeps its name.
    if (account.switchTo !== null) await takeHostName(hostName);
  }

  async #takeHome(binding: Binding): Promise<void> {
    await Promise.all([this.#signInToRegistry(binding), this.#nameGitAuthor(binding)]);
  }

  async #signInToRegistry({ registry }: Binding): Promise<void> {
    if (registry === null) return;
    const file = path.join(this.#context.account.home, ".docker/config.json");
    const present = await readSmallFile(file, DOCKER_CONFIG_BYTES_MAX);
    const text = withRegistryCredentials(present?.text, registry);
    if (text === null || (text === present?.text && present.mode === 0o600)) return;
    await writeAccountFile(this.#context, file, { bytes: Buffer.from(text), mode: "600" });
  }

  /** Without git, or with a broken configuration of it, there is nothing to set; that is the attendee's to see. */
  async #nameGitAuthor({ attendeeName }: Binding): Promise<void> {
    if (attendeeName === "") return;
    await runAs(this.#context, ["/bin/bash", "-c", SET_GIT_NAME, "name", attendeeName]);
  }
}
