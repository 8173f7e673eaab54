import { z } from "zod";

const text = (fallback: string) => z.string().default(fallback);

/** The gateway's environment. The ports are on the container's loopback. */
const settingsSchema = z.object({
  PORT: z.coerce.number().int().default(5_000),
  LOCAL_PORT: z.coerce.number().int().default(5_001),
  UPSTREAM_PORT: z.coerce.number().int().default(5_002),
  /** The registry to fetch from what is not here; empty for none. */
  UPSTREAM_URL: z.union([z.literal(""), z.url({ protocol: /^https?$/ })]).default(""),
  PREFIX_BYTES_MAX: z.coerce
    .number()
    .int()
    .min(1_024)
    .default(2 * 1_024 ** 3),
  /** Nobody pushes, and nothing is fetched, while the disk has less than this. */
  DISK_RESERVE_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(5 * 1_024 ** 3),
  /** No collection of garbage sooner than this after a write. */
  QUIET_MS: z.coerce.number().int().min(0).default(15_000),
  DATA_FOLDER: text("/var/lib/registry"),
  CONFIG_FOLDER: text("/etc/docker/registry"),
  CONTROL_SOCKET: text("/run/class-registry.sock"),
});

export type Settings = z.output<typeof settingsSchema>;

/** @throws Error that lists every problem. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const parsed = settingsSchema.safeParse(env);
  if (!parsed.success) throw new Error(`Bad environment:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
