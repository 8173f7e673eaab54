import { createTRPCClient, httpLink, type HTTPLinkOptions } from "@trpc/client";
import superjson from "superjson";
import type { AppRouter } from "../../server/router";

type FetchEsque = NonNullable<HTTPLinkOptions<AppRouter["_def"]["_config"]["$types"]>["fetch"]>;

/** A person's browser as far as the API sees it: typed calls that keep their cookies. */
export interface ApiClient {
  readonly api: ReturnType<typeof createTRPCClient<AppRouter>>;
  readonly url: string;
  /** For requests that are not tRPC: cookies and Origin as a browser would send them. */
  headers(): Record<string, string>;
  /** Follows a subscription until the caller leaves the loop or `signal` aborts. Reconnects are not its business. */
  subscribe(path: string, input: unknown, signal: AbortSignal): AsyncGenerator<unknown, void, undefined>;
}

export function createApiClient(url: string): ApiClient {
  const cookies = new Map<string, string>();
  const headers = (): Record<string, string> => ({
    origin: new URL(url).origin,
    ...(cookies.size === 0
      ? {}
      : { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") }),
  });
  const keepCookies = (response: Response): void => {
    for (const header of response.headers.getSetCookie()) {
      const [pair = ""] = header.split(";", 1);
      const [name = "", ...value] = pair.split("=");
      cookies.set(name, value.join("="));
    }
  };
  const cookieFetch: FetchEsque = async (input, init) => {
    const response = await fetch(input, {
      ...init,
      signal: init?.signal ?? null,
      headers: { ...(init?.headers as Record<string, string> | undefined), ...headers() },
    });
    keepCookies(response);
    return response;
  };
  const link = httpLink({
    url: `${url}/api/trpc`,
    transformer: superjson,
    fetch: cookieFetch,
  });
  return {
    api: createTRPCClient<AppRouter>({ links: [link] }),
    url,
    headers,
    subscribe: (path, input, signal) =>
      follow(
        `${url}/api/trpc/${path}?input=${encodeURIComponent(JSON.stringify(superjson.serialize(input)))}`,
        headers(),
        signal,
      ),
  };
}

async function* follow(
  address: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): AsyncGenerator<unknown, void, undefined> {
  const response = await fetch(address, { headers: { ...headers, accept: "text/event-stream" }, signal });
  if (!response.ok || response.body === null)
    throw new Error(`subscription answered ${response.status}: ${await response.text()}`);
  let text = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const parsed = parseEvent(event);
      if (parsed !== undefined) yield parsed;
    }
  }
}

/** The data of a plain event; undefined for pings, the connection's own events and comments. */
function parseEvent(event: string): unknown {
  const lines = event.split("\n");
  if (lines.some((line) => line.startsWith("event:"))) return undefined;
  const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim());
  if (data.length === 0) return undefined;
  return superjson.deserialize(JSON.parse(data.join("\n")) as Parameters<typeof superjson.deserialize>[0]);
}
