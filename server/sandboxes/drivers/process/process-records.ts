import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { SandboxId } from "../../sandbox";

const recordSchema = z.object({
  id: z.uuid(),
  createdAtMs: z.number(),
  state: z.enum(["starting", "running", "asleep"]),
  /** The agent, while there should be one. */
  pid: z.number().int().positive().nullable(),
});

/** What the driver remembers of one sandbox, on disk, so that a restarted server finds it. */
export interface ProcessRecord extends z.output<typeof recordSchema> {
  readonly id: SandboxId;
}

/** One folder for each sandbox of one installation. */
export class ProcessRecords {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  folderOf(id: SandboxId): string {
    return path.join(this.#folder, id);
  }

  /** Undefined for a sandbox that does not exist, or whose creation was cut short before it was recorded. */
  async read(id: SandboxId): Promise<ProcessRecord | undefined> {
    const text = await readFile(this.#fileOf(id), "utf8").catch(() => "null");
    const parsed = recordSchema.safeParse(JSON.parse(text));
    return parsed.success ? { ...parsed.data, id } : undefined;
  }

  async write(record: ProcessRecord): Promise<void> {
    await mkdir(this.folderOf(record.id), { recursive: true });
    const draft = `${this.#fileOf(record.id)}.${process.pid}`;
    await writeFile(draft, JSON.stringify(record), { mode: 0o600 });
    await rename(draft, this.#fileOf(record.id));
  }

  async listIds(): Promise<readonly SandboxId[]> {
    const names = await readdir(this.#folder).catch(() => []);
    return names.filter((name) => z.uuid().safeParse(name).success) as SandboxId[];
  }

  /** Removes the sandbox's whole folder. Idempotent. */
  async remove(id: SandboxId): Promise<void> {
    await rm(this.folderOf(id), { recursive: true, force: true, maxRetries: 5 });
  }

  #fileOf(id: SandboxId): string {
    return path.join(this.folderOf(id), "sandbox.json");
  }
}
