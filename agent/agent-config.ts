import { readFile } from "node:fs/promises";
import { z } from "zod";
import { PROFILES } from "../server/protocol/profile";

const agentConfigSchema = z.strictObject({
  /** SHA-256, hex, of the only token that the agent answers to. */
  tokenHash: z.string().regex(/^[0-9a-f]{64}$/),
  /** TCP port on every address of the sandbox. Ignored when there is a `socketPath`. */
  port: z.number().int().min(0).max(65_535).default(7_070),
  /** Unix socket to listen on instead of a port. */
  socketPath: z.string().max(100).optional(),
  /** Unix socket to listen on as well: no firewall that is rewritten inside the sandbox closes it. */
  relaySocketPath: z.string().max(100).optional(),
  /** Account that terminals and commands run as; without it, the account of the agent itself. */
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/)
    .optional(),
  /** Home folder, when it is not the account's own. */
  home: z.string().startsWith("/").optional(),
  /** The inner engine's socket; null where the sandbox has no engine. */
  dockerSocketPath: z.string().startsWith("/").nullable().default("/var/run/docker.sock"),
  /** What the sandbox came with: whether there is a cluster whose health is told. */
  profile: z.enum(PROFILES).default("docker"),
});

export type AgentConfig = z.output<typeof agentConfigSchema>;

/** Reads and validates the agent's configuration. Rejects with one error that lists every problem. */
export async function readAgentConfig(file: string): Promise<AgentConfig> {
  const parsed = agentConfigSchema.safeParse(JSON.parse(await readFile(file, "utf8")));
  if (!parsed.success) throw new Error(`Bad agent configuration ${file}:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
