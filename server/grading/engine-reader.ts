import { z } from "zod";
import { AppError } from "../platform/errors";
import type { ContainerFacts, ImageFacts } from "./evidence";
import { parseAnswer, safeJson } from "./parse-answer";
import type { TunnelHttp } from "./tunnel-http";

/** Reading a sandbox's Docker Engine: only GET requests, every answer bounded and validated. */
export interface EngineReader {
  /** Newest first, at most 60. */
  listContainers(signal: AbortSignal): Promise<readonly ContainerFacts[]>;
  /** Null when there is none under that name. */
  readImage(reference: string, signal: AbortSignal): Promise<ImageFacts | null>;
  listNetworks(signal: AbortSignal): Promise<readonly { readonly name: string; readonly driver: string }[]>;
  listVolumes(signal: AbortSignal): Promise<readonly string[]>;
  /** Images of the containers whose start the engine remembers. */
  listStartedImages(signal: AbortSignal): Promise<readonly string[]>;
}

/** An engine with thousands of containers answers with a few megabytes; nobody in a lab has more. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;
const CONTAINERS_MAX = 60;
const ITEMS_MAX = 1_000;

/** @throws AppError `agent.misbehaved` from every method for answers that are no engine's, and what `TunnelHttp` throws. */
export function createEngineReader(http: TunnelHttp): EngineReader {
  const get = async <Schema extends z.ZodType>(
    schema: Schema,
    { path, signal }: { readonly path: string; readonly signal: AbortSignal },
  ): Promise<z.output<Schema> | null> => {
    const answer = await http.request({ method: "GET", path, bytesMax: ANSWER_BYTES_MAX }, signal);
    if (answer.status === 404) return null;
    if (answer.status !== 200) throw new AppError("agent.misbehaved", `engine answered ${answer.status}`);
    return parseAnswer(schema, answer.body.toString("utf8"), "engine");
  };
  return {
    listContainers: async (signal) => {
      const listed = (await get(containerList, { path: "/containers/json?all=1", signal })) ?? [];
      const inspected = await Promise.all(
        listed
          .slice(0, CONTAINERS_MAX)
          .map(({ Id }) => get(container, { path: `/containers/${Id}/json`, signal })),
      );
      // One that is gone since the list was made is null.
      return inspected.filter((each) => each !== null).map(factsOf);
    },
    readImage: async (reference, signal) => {
      const name = encodeURI(reference);
      const [inspected, history] = await Promise.all([
        get(image, { path: `/images/${name}/json`, signal }),
        get(imageHistory, { path: `/images/${name}/history`, signal }),
      ]);
      if (inspected === null) return null;
      return {
        id: inspected.Id,
        tags: inspected.RepoTags ?? [],
        sizeBytes: inspected.Size,
        labels: inspected.Config?.Labels ?? {},
        layerCount: inspected.RootFS?.Layers?.length ?? 0,
        history: (history ?? []).map(({ CreatedBy }) => CreatedBy.slice(0, 1_000)),
      };
    },
    listNetworks: async (signal) => {
      const networks = (await get(networkList, { path: "/networks", signal })) ?? [];
      return networks.map(({ Name, Driver }) => ({ name: Name, driver: Driver }));
    },
    listVolumes: async (signal) => {
      const volumes = await get(volumeList, { path: "/volumes", signal });
      return (volumes?.Volumes ?? []).map(({ Name }) => Name);
    },
    listStartedImages: async (signal) => {
      const answer = await http.request(
        { method: "GET", path: startEventsPath(Date.now()), bytesMax: ANSWER_BYTES_MAX, mayCut: true },
        signal,
      );
      return imagesOfEvents(answer.body.toString("utf8"));
    },
  };
}

/** The engine keeps its last 256 events; an end in the past makes it answer at once instead of waiting for more. */
function startEventsPath(nowMs: number): string {
  const filters = encodeURIComponent(JSON.stringify({ type: ["container"], event: ["start"] }));
  return `/events?since=1&until=${(nowMs / 1_000).toFixed(3)}&filters=${filters}`;
}

function imagesOfEvents(text: string): string[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-ITEMS_MAX).flatMap((line) => {
    const parsed = event.safeParse(safeJson(line));
    const name = parsed.success ? parsed.data.Actor.Attributes["image"] : undefined;
    return name === undefined ? [] : [name];
  });
}

const word = z.string().max(4_096);
const words = z.array(word).max(ITEMS_MAX);
const labels = z.record(word, word).nullish();

const containerList = z.array(z.object({ Id: z.string().regex(/^[0-9a-f]{12,64}$/) })).max(10_000);
const container = z.object({
  Id: word,
  Name: word,
  Image: word,
  State: z.object({
    Status: z.enum(["created", "running", "paused", "restarting", "removing", "exited", "dead"]),
    ExitCode: z.int(),
    OOMKilled: z.boolean(),
    StartedAt: word,
  }),
  Config: z.object({ Image: word, Env: words.nullish(), Labels: labels }),
  HostConfig: z.object({
    Memory: z.number(),
    NanoCpus: z.number(),
    CpuQuota: z.number(),
    CpuPeriod: z.number(),
    PortBindings: z
      .record(
        word,
        z
          .array(z.object({ HostPort: word }))
          .max(100)
          .nullable(),
      )
      .nullish(),
  }),
  Mounts: z
    .array(z.object({ Type: word, Name: word.optional(), Source: word.optional(), Destination: word }))
    .max(ITEMS_MAX),
  NetworkSettings: z.object({
    Networks: z.record(word, z.unknown()).nullish(),
    Ports: z
      .record(
        word,
        z
          .array(z.object({ HostPort: word }))
          .max(100)
          .nullable(),
      )
      .nullish(),
  }),
});
const image = z.object({
  Id: word,
  RepoTags: words.nullish(),
  Size: z.number(),
  Config: z.object({ Labels: labels }).nullish(),
  RootFS: z.object({ Layers: words.nullish() }).optional(),
});
const imageHistory = z.array(z.object({ CreatedBy: z.string().max(65_536) })).max(ITEMS_MAX);
const networkList = z.array(z.object({ Name: word, Driver: word })).max(ITEMS_MAX);
const volumeList = z.object({
  Volumes: z
    .array(z.object({ Name: word }))
    .max(ITEMS_MAX)
    .nullable(),
});
const event = z.object({ Actor: z.object({ Attributes: z.record(word, word) }) });

function factsOf(raw: z.output<typeof container>): ContainerFacts {
  const { HostConfig: host, State: state } = raw;
  const quota = host.CpuQuota > 0 ? host.CpuQuota / (host.CpuPeriod || 100_000) : 0;
  return {
    id: raw.Id,
    name: raw.Name.replace(/^\//, ""),
    image: raw.Config.Image,
    imageId: raw.Image,
    state: state.Status,
    exitCode: state.ExitCode,
    hasStarted: !state.StartedAt.startsWith("0001-"),
    wasOutOfMemory: state.OOMKilled,
    memoryBytes: host.Memory,
    cpus: host.NanoCpus > 0 ? host.NanoCpus / 1e9 : quota,
    env: raw.Config.Env ?? [],
    mounts: raw.Mounts.map((mount) => ({
      type: mount.Type,
      source: mount.Name ?? mount.Source ?? "",
      target: mount.Destination,
    })),
    // What was asked for, also while the container is stopped; what the engine chose, while it runs.
    ports: portsOf({ ...host.PortBindings, ...raw.NetworkSettings.Ports }),
    networks: Object.keys(raw.NetworkSettings.Networks ?? {}),
    labels: raw.Config.Labels ?? {},
  };
}

function portsOf(bindings: Readonly<Record<string, readonly { readonly HostPort: string }[] | null>>) {
  return Object.entries(bindings).flatMap(([name, published]) => {
    const containerPort = Number.parseInt(name, 10);
    if (published === null || published.length === 0) return [{ container: containerPort, host: null }];
    return published.map(({ HostPort }) => ({ container: containerPort, host: Number(HostPort) || null }));
  });
}
