import { stat } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { readSmallFile } from "./account-files";

const BYTES_MAX = 256 * 1024;
const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "0.0.0.0"];

const base64 = z
  .base64()
  .transform((text) => Buffer.from(text, "base64").toString())
  .optional();

const kubeconfigSchema = z.object({
  "current-context": z.string().min(1),
  contexts: z.array(
    z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string().optional() }) }),
  ),
  clusters: z.array(
    z.object({
      name: z.string(),
      cluster: z.object({ server: z.url(), "certificate-authority-data": base64 }),
    }),
  ),
  users: z
    .array(
      z.object({
        name: z.string(),
        user: z.object({ "client-certificate-data": base64, "client-key-data": base64 }),
      }),
    )
    .nullish(),
});

/** How the current context of a kubeconfig reaches its API server. Certificates and key are PEM. */
export interface ClusterEntry {
  readonly server: URL;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** The port of the API server when the entry's is on this machine, as kind's are; undefined otherwise. */
export function localPort({ server }: ClusterEntry): number | undefined {
  if (!LOOPBACK_NAMES.includes(server.hostname)) return undefined;
  return Number(server.port || (server.protocol === "https:" ? 443 : 80));
}

/** The attendee's `~/.kube/config`, which they may change, break or delete at any time. */
export class Kubeconfig {
  readonly #file: string;
  #read: { readonly stamp: string; readonly entry: ClusterEntry | undefined } | undefined;

  constructor(home: string) {
    this.#file = path.join(home, ".kube/config");
  }

  /**
   * The cluster of the current context; undefined when there is none, or none that can be understood. The same object until the file
   * changes, and parsed no more often than that.
   */
  async readCurrent(): Promise<ClusterEntry | undefined> {
    const found = await stat(this.#file, { bigint: true }).catch(() => undefined);
    const stamp = found === undefined ? "absent" : `${found.ino}:${found.size}:${found.mtimeNs}`;
    if (this.#read?.stamp !== stamp) {
      const file = await readSmallFile(this.#file, BYTES_MAX);
      this.#read = { stamp, entry: currentEntry(file?.text ?? "") };
    }
    return this.#read.entry;
  }
}

function currentEntry(text: string): ClusterEntry | undefined {
  const parsed = kubeconfigSchema.safeParse(parseYaml(text));
  if (!parsed.success) return undefined;
  const { contexts, clusters, users, "current-context": current } = parsed.data;
  const context = contexts.find(({ name }) => name === current)?.context;
  const cluster = clusters.find(({ name }) => name === context?.cluster)?.cluster;
  const user = users?.find(({ name }) => name === context?.user)?.user;
  if (cluster === undefined) return undefined;
  return {
    server: new URL(cluster.server),
    ca: cluster["certificate-authority-data"],
    cert: user?.["client-certificate-data"],
    key: user?.["client-key-data"],
  };
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
