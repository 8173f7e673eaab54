import os from "node:os";
import path from "node:path";
import { z } from "zod";

const seconds = (fallback: number, max: number) => z.coerce.number().int().min(1).max(max).default(fallback);
const footprint = (fallback: number) => z.coerce.number().int().min(32).max(262_144).default(fallback);
const count = (max: number) => z.coerce.number().int().min(1).max(max);

const envSchema = z.object({
  NODE_ENV: z.enum(["development", "production", "test"]).default("production"),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
  LOG_FORMAT: z.enum(["json", "pretty"]).default("json"),
  HOST: z.string().default("127.0.0.1"),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3_000),
  /** Address under which browsers reach us. Its scheme, host and port are the only accepted Origin. */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** How many reverse proxies in front add to X-Forwarded-For. */
  TRUSTED_PROXY_COUNT: z.coerce.number().int().min(0).max(5).default(0),
  /** Lets whoever shows it read /metrics; without it only this machine may. */
  METRICS_TOKEN: z.string().min(16).optional(),
  SLIPWAY_DATA_DIR: z.string().optional(),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  SESSION_SECRET: z.string().min(32).optional(),
  SANDBOX_DRIVER: z.enum(["docker", "process", "fake"]).default("docker"),
  DOCKER_HOST: z.string().optional(),
  /** Folder in which sandboxes' file systems and templates lie, when it is not the data folder: installations may share one. */
  SANDBOX_VOLUMES_DIR: z.string().optional(),
  /** Where set-up gets the nodes of Kubernetes from: see .env.example. */
  KUBERNETES_NODE: z.enum(["auto", "official", "debian", "none"]).default("auto"),
  SANDBOX_IMAGE: z.string().default("slipway/sandbox:current"),
  CLASS_REGISTRY_IMAGE: z.string().default("slipway/class-registry:current"),
  /** What an attendee's own images may take in the class registry; by default its own bound. */
  CLASS_REGISTRY_PREFIX_MIB: count(1_048_576).optional(),
  /** Where the class registry fetches what it does not have, while that answers; by default Docker Hub. */
  CLASS_REGISTRY_UPSTREAM: z.union([z.literal("none"), z.url({ protocol: /^https?$/ })]).optional(),
  /** Most sandboxes at once; by default what the machine's memory and cores allow. */
  SANDBOX_CAPACITY: count(10_000).optional(),
  SANDBOX_CPU_MILLIS: z.coerce.number().int().min(100).max(64_000).default(2_000),
  SANDBOX_MEMORY_MIB: z.coerce.number().int().min(256).max(262_144).default(2_048),
  SANDBOX_DISK_MIB: z.coerce.number().int().min(1_024).max(1_048_576).default(10_240),
  SANDBOX_PIDS: z.coerce.number().int().min(256).max(65_536).default(4_096),
  /** Memory that one is planned with: what a used one has been measured to take. */
  SANDBOX_FOOTPRINT_MIB: footprint(150),
  KUBERNETES_MEMORY_MIB: z.coerce.number().int().min(1_024).max(262_144).default(3_072),
  KUBERNETES_PIDS: z.coerce.number().int().min(1_024).max(65_536).default(8_192),
  KUBERNETES_FOOTPRINT_MIB: footprint(700),
  /** For one control plane with two workers in one sandbox. */
  KUBERNETES_MULTINODE_MEMORY_MIB: z.coerce.number().int().min(2_048).max(262_144).default(6_144),
  KUBERNETES_MULTINODE_FOOTPRINT_MIB: footprint(1_500),
  /** Warm sandboxes at all times for what is taught; by default as many as the cohorts' starts call for. */
  POOL_TARGET: z.coerce.number().int().min(0).max(1_000).optional(),
  SANDBOX_START_TIMEOUT_SECONDS: seconds(120, 600),
  LEASE_SECONDS: seconds(8 * 3_600, 30 * 86_400),
  OIDC_ISSUER: z.url().optional(),
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),
});

/** A string that will not print. Call `reveal()` at the single place that needs it. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  toJSON(): string {
    return "[secret]";
  }
  toString(): string {
    return "[secret]";
  }
}

export type Config = ReturnType<typeof parseConfig>;

/** Reads the environment once. Reports every problem together; throws so that the process never half-starts. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>) {
  const withoutEmpty = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = envSchema.safeParse(withoutEmpty);
  if (!parsed.success) throw new Error(`Bad environment:\n${z.prettifyError(parsed.error)}`);
  const raw = parsed.data;
  const dataFolder = path.resolve(raw.SLIPWAY_DATA_DIR ?? defaultDataFolder(withoutEmpty));
  return Object.freeze({
    mode: raw.NODE_ENV,
    log: { level: raw.LOG_LEVEL, format: raw.LOG_FORMAT },
    http: {
      host: raw.HOST,
      port: raw.PORT,
      publicUrl: raw.PUBLIC_URL ?? `http://localhost:${raw.PORT}`,
      trustedProxyCount: raw.TRUSTED_PROXY_COUNT,
    },
    metricsToken: raw.METRICS_TOKEN === undefined ? undefined : new Secret(raw.METRICS_TOKEN),
    dataFolder,
    database: { url: raw.DATABASE_URL === undefined ? undefined : new Secret(raw.DATABASE_URL) },
    sessionSecret: raw.SESSION_SECRET === undefined ? undefined : new Secret(raw.SESSION_SECRET),
    sandbox: {
      driver: raw.SANDBOX_DRIVER,
      dockerHost: raw.DOCKER_HOST,
      volumesFolder:
        raw.SANDBOX_VOLUMES_DIR === undefined ? dataFolder : path.resolve(raw.SANDBOX_VOLUMES_DIR),
      kubernetesNode: raw.KUBERNETES_NODE,
      image: raw.SANDBOX_IMAGE,
      classRegistryImage: raw.CLASS_REGISTRY_IMAGE,
      classRegistryPrefixBytesMax: mebibytes(raw.CLASS_REGISTRY_PREFIX_MIB),
      classRegistryUpstreamUrl: raw.CLASS_REGISTRY_UPSTREAM,
      capacity: raw.SANDBOX_CAPACITY,
      poolTarget: raw.POOL_TARGET,
      plans: plansOf(raw),
      startTimeoutMs: raw.SANDBOX_START_TIMEOUT_SECONDS * 1_000,
      leaseMs: raw.LEASE_SECONDS * 1_000,
    },
    oidc: oidcOf(raw),
  });
}

export const ENV_KEYS = Object.keys(envSchema.shape);

function mebibytes(count: number | undefined): number | undefined {
  return count === undefined ? undefined : count * 1_024 * 1_024;
}

function oidcOf(raw: z.infer<typeof envSchema>) {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: secret } = raw;
  if (issuer === undefined && clientId === undefined && secret === undefined) return undefined;
  if (issuer === undefined || clientId === undefined || secret === undefined) {
    throw new Error(
      "Bad environment:\nOIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET go together: set all three or none",
    );
  }
  return { issuer, clientId, clientSecret: new Secret(secret) };
}

/** What each profile may use and is planned with. Cores and disk are the same for all: a cluster shares what its images bring. */
function plansOf(raw: z.infer<typeof envSchema>) {
  const shared = { cpuMillis: raw.SANDBOX_CPU_MILLIS, diskMiB: raw.SANDBOX_DISK_MIB };
  const pidsMax = raw.KUBERNETES_PIDS;
  return {
    docker: {
      limits: { ...shared, memoryMiB: raw.SANDBOX_MEMORY_MIB, pidsMax: raw.SANDBOX_PIDS },
      footprintMiB: raw.SANDBOX_FOOTPRINT_MIB,
    },
    kubernetes: {
      limits: { ...shared, memoryMiB: raw.KUBERNETES_MEMORY_MIB, pidsMax },
      footprintMiB: raw.KUBERNETES_FOOTPRINT_MIB,
    },
    "kubernetes-multinode": {
      limits: { ...shared, memoryMiB: raw.KUBERNETES_MULTINODE_MEMORY_MIB, pidsMax },
      footprintMiB: raw.KUBERNETES_MULTINODE_FOOTPRINT_MIB,
    },
  };
}

/** Outside every checkout. Root's own home is closed to the account that Postgres runs as, so root gets /var/lib. */
function defaultDataFolder(env: Readonly<Record<string, string | undefined>>): string {
  if (process.getuid?.() === 0) return "/var/lib/slipway";
  return path.join(env["XDG_DATA_HOME"] ?? path.join(os.homedir(), ".local/share"), "slipway");
}
