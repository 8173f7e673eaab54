import { parseDocument } from "yaml";
import { z } from "zod";
import type { TunnelTls } from "./tunnel-http";

/** What it takes to speak to the cluster of a kubeconfig's current context. */
export interface ClusterCredentials {
  /** What the kubeconfig calls it. */
  readonly clusterName: string;
  readonly tls: TunnelTls;
  readonly token: string | undefined;
}

/**
 * The credentials that an attendee's kubeconfig holds for its current context; undefined when it has none.
 *
 * The text is theirs, so nothing of it is followed: certificates, a token and the name to expect are taken when they stand in the
 * file itself. Files it points at, programs it would run (`exec`, `auth-provider`), `proxy-url` and addresses are not looked at;
 * the only thing that is ever dialled is the sandbox's own tunnel.
 */
export function readKubeconfig(text: string): ClusterCredentials | undefined {
  const parsed = kubeconfig.safeParse(parseYaml(text));
  if (!parsed.success) return undefined;
  const { contexts, clusters, users } = parsed.data;
  const context = contexts.find(({ name }) => name === parsed.data["current-context"])?.context;
  const cluster = clusters.find(({ name }) => name === context?.cluster)?.cluster;
  if (context === undefined || cluster === undefined) return undefined;
  const user = users.find(({ name }) => name === context.user)?.user;
  return {
    clusterName: context.cluster,
    tls: {
      ca: pemOf(cluster["certificate-authority-data"]),
      cert: pemOf(user?.["client-certificate-data"]),
      key: pemOf(user?.["client-key-data"]),
      serverName: cluster["tls-server-name"] ?? hostOf(cluster.server),
    },
    token: user?.token,
  };
}

/** What a certificate or a key takes as base64, generously. */
const PEM_LENGTH_MAX = 32 * 1024;
const ENTRIES_MAX = 50;

const word = z.string().max(1_000);
const pem = z
  .string()
  .max(PEM_LENGTH_MAX)
  .regex(/^[A-Za-z0-9+/=\s]*$/)
  .optional();
const named = <Shape extends z.ZodType, Key extends string>(key: Key, shape: Shape) =>
  z
    .array(z.object({ name: word, [key]: shape } as { name: typeof word } & Record<Key, Shape>))
    .max(ENTRIES_MAX)
    .nullish()
    .transform((entries) => entries ?? []);

const kubeconfig = z.object({
  "current-context": word,
  contexts: named("context", z.object({ cluster: word, user: word })),
  clusters: named(
    "cluster",
    z.object({
      server: word,
      "certificate-authority-data": pem,
      "tls-server-name": z
        .string()
        .max(253)
        .regex(/^[A-Za-z0-9.:-]+$/)
        .optional(),
    }),
  ),
  users: named(
    "user",
    z.object({
      "client-certificate-data": pem,
      "client-key-data": pem,
      // Goes into a header: no line breaks.
      token: z
        .string()
        .max(8_192)
        .regex(/^[\x21-\x7e]+$/)
        .optional(),
    }),
  ),
});

function parseYaml(text: string): unknown {
  try {
    return parseDocument(text, { uniqueKeys: false }).toJS({ maxAliasCount: 20 }) as unknown;
  } catch {
    return undefined;
  }
}

function pemOf(base64: string | undefined): string | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, "base64").toString("utf8");
}

function hostOf(server: string): string {
  return URL.canParse(server) ? new URL(server).hostname.replace(/^\[|\]$/g, "") : "127.0.0.1";
}
