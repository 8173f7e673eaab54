import type * as KubernetesClient from "@kubernetes/client-node";
import { z } from "zod";
import { AppError } from "../platform/errors";
import type { ClusterObject } from "./evidence";
import type { ClusterCredentials } from "./kubeconfig";
import { parseAnswer } from "./parse-answer";
import { pruneObject } from "./prune-object";
import type { TunnelHttp } from "./tunnel-http";

/** What is listed: a kind, in one namespace or, without one, everywhere. */
export interface ClusterQuery {
  readonly apiVersion: string;
  readonly objectKind: string;
  readonly namespace?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** A kind as the cluster serves it. */
export interface ServedKind {
  readonly isNamespaced: boolean;
}

export type ClusterListing = { readonly objects: readonly ClusterObject[] } | "unknown-kind" | "forbidden";

/** Reading a sandbox's cluster: only GET requests, every answer bounded and validated. Works with any version of the API. */
export interface ClusterReader {
  /** `undefined` when the cluster knows no such kind, `forbidden` when these credentials may not even ask. */
  findKind(
    kind: Pick<ClusterQuery, "apiVersion" | "objectKind">,
  ): Promise<ServedKind | "forbidden" | undefined>;
  /** In the API's order, at most 300. */
  list(query: ClusterQuery): Promise<ClusterListing>;
  /** Where changes to what `query` lists are told as they happen; `undefined` as in `findKind`. */
  findWatchPath(query: ClusterQuery): Promise<string | undefined>;
  /** What every request of this cluster carries. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface ClusterReaderOptions {
  readonly http: TunnelHttp;
  readonly credentials: ClusterCredentials;
  readonly signal: AbortSignal;
}

/** Three hundred objects of a few kilobytes each, generously. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;
const OBJECTS_MAX = 300;
/** Nothing is dialled under this name: the transport below is the tunnel. */
const BASE_URL = "https://sandbox";

/**
 * The Kubernetes client finds kinds and makes requests; the transport and the reading of answers are ours, because both ends of
 * the conversation belong to the attendee.
 *
 * @throws AppError `agent.misbehaved` from every method for answers that are no cluster's, and what `TunnelHttp` throws.
 */
export async function createClusterReader(options: ClusterReaderOptions): Promise<ClusterReader> {
  const client = await loadClusterClient();
  const { token } = options.credentials;
  const headers = {
    Accept: "application/json",
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
  };
  const api = createObjectApi(client, { ...options, headers });

  async function ask<Value>(question: () => Promise<Value>): Promise<Value | "forbidden" | undefined> {
    try {
      return await question();
    } catch (caught) {
      if (!(caught instanceof client.ApiException)) throw caught;
      if (caught.code === 404) return undefined;
      if (caught.code === 401 || caught.code === 403) return "forbidden";
      throw new AppError("agent.misbehaved", `the cluster answered ${caught.code}`, { cause: caught });
    }
  }

  const findKind: ClusterReader["findKind"] = async ({ apiVersion, objectKind }) => {
    const resource = await ask(() => api.findResource(apiVersion, objectKind));
    if (resource === undefined || resource === "forbidden") return resource;
    return { isNamespaced: resource.namespaced };
  };

  return {
    headers,
    findKind,
    list: async (query) => {
      const kind = await findKind(query);
      if (kind === undefined) return "unknown-kind";
      if (kind === "forbidden") return kind;
      const listed = await ask(() => api.listObjects(query));
      if (listed === undefined) return "unknown-kind";
      if (listed === "forbidden") return listed;
      return { objects: listed.items.slice(0, OBJECTS_MAX).map(factsOf) };
    },
    findWatchPath: async (query) => {
      const kind = await findKind(query);
      if (kind === undefined || kind === "forbidden") return undefined;
      return `${await api.pathOf(query)}?watch=true&allowWatchBookmarks=true`;
    },
  };
}

type Client = typeof KubernetesClient;

/**
 * Half a second of this process's only thread and 75 MiB: so not for installations without clusters, and not when somebody is
 * typing. Idempotent.
 */
export function loadClusterClient(): Promise<Client> {
  return import("@kubernetes/client-node");
}

type Transport = ClusterReaderOptions & { readonly headers: Readonly<Record<string, string>> };

function createObjectApi(client: Client, transport: Transport) {
  class SandboxObjectApi extends client.KubernetesObjectApi {
    findResource(
      apiVersion: string,
      objectKind: string,
    ): Promise<{ readonly namespaced: boolean } | undefined> {
      return this.resource(apiVersion, objectKind);
    }

    pathOf({ apiVersion, objectKind, namespace = "" }: ClusterQuery): Promise<string> {
      const metadata = Object.assign(new client.V1ObjectMeta(), { namespace });
      return this.specUriPath({ apiVersion, kind: objectKind, metadata }, "list");
    }

    async listObjects(query: ClusterQuery): Promise<ObjectList> {
      const { apiVersion, objectKind, namespace, fieldSelector } = query;
      const selectors = [undefined, undefined, undefined, fieldSelector, undefined] as const;
      const listed: unknown = await this.list(apiVersion, objectKind, namespace, ...selectors, OBJECTS_MAX);
      return listed as ObjectList;
    }

    /** The client's own reading would drop fields that it does not know and trust those that it does. */
    protected override async processResponse<Answer>(
      response: KubernetesClient.ResponseContext,
      type?: string,
    ): Promise<Answer> {
      const { httpStatusCode: status } = response;
      if (status !== 200) throw new client.ApiException(status, "refused", undefined, {});
      const schema = type === "V1APIResourceList" ? resourceList : objectList;
      return parseAnswer(schema, await response.body.text(), "cluster") as Answer;
    }
  }
  return new SandboxObjectApi(createConfiguration(client, transport));
}

function createConfiguration(
  client: Client,
  { http, headers, signal }: Transport,
): KubernetesClient.Configuration {
  return client.createConfiguration({
    baseServer: new client.ServerConfiguration(BASE_URL, {}),
    httpApi: client.wrapHttpLibrary({
      send: async (request) => {
        const path = request.getUrl().slice(BASE_URL.length);
        const answer = await http.request(
          { method: "GET", path, headers, bytesMax: ANSWER_BYTES_MAX },
          signal,
        );
        const body = { text: async () => answer.body.toString("utf8"), binary: async () => answer.body };
        return new client.ResponseContext(answer.status, {}, body);
      },
    }),
  });
}

type ObjectList = z.output<typeof objectList>;

const word = z.string().max(1_000);
const name = z.string().max(253);

const resourceList = z.object({
  resources: z
    .array(
      z.object({
        // Becomes part of a path.
        name: name.regex(/^[a-z0-9][a-z0-9/-]*$/),
        kind: name,
        namespaced: z.boolean(),
      }),
    )
    .max(1_000)
    // `pods/status` has the kind of what it belongs to.
    .transform((all) => all.filter((resource) => !resource.name.includes("/"))),
});

const objectList = z.object({
  items: z
    .array(
      z.looseObject({
        metadata: z.looseObject({
          name,
          namespace: name.optional(),
          uid: word.optional(),
          labels: z.record(word, word).nullish(),
          deletionTimestamp: word.nullish(),
        }),
      }),
    )
    .max(OBJECTS_MAX * 2)
    .nullable()
    .transform((items) => items ?? []),
});

function factsOf(item: ObjectList["items"][number]): ClusterObject {
  const { metadata } = item;
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? "",
    uid: metadata.uid ?? "",
    labels: metadata.labels ?? {},
    isBeingDeleted: (metadata.deletionTimestamp ?? null) !== null,
    body: pruneObject(item),
  };
}
