import {
  Agent,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

export interface Question {
  readonly port: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body?: { readonly source: Readable; readonly meter: Transform };
  /** Ends the exchange, whatever it is at. */
  readonly signal: AbortSignal;
}

/** Belongs to one connection, or to the gateway, and is not handed on. */
const NOT_HANDED_ON = [
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te"],
  ...["trailer", "transfer-encoding", "upgrade", "expect", "authorization", "forwarded", "x-forwarded-for"],
  ...["x-forwarded-host", "x-forwarded-proto", "x-forwarded-port"],
];
/** A process that has gone silent. Writing a layer to a slow disk takes seconds, fetching one from afar a while longer. */
const SILENCE_MS_MAX = 120_000;

const agent = new Agent({ keepAlive: true, maxFreeSockets: 32 });

/** Asks a Distribution process, and answers its response, whose body the caller reads or destroys. */
export async function ask({ port, method, path, headers, body, signal }: Question): Promise<IncomingMessage> {
  const asked = request({
    ...{ host: "127.0.0.1", port, method, path, agent, signal, timeout: SILENCE_MS_MAX },
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_HANDED_ON.includes(name))),
  });
  asked.on("timeout", () => asked.destroy(new Error("the registry process is silent")));
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asked.once("response", resolve);
    asked.once("error", reject);
  });
  if (body === undefined) {
    asked.end();
    return answered;
  }
  // Both are awaited: an answer may come before the last byte is sent, and either may fail first.
  const [response] = await Promise.all([answered, pipeline(body.source, body.meter, asked)]);
  return response;
}

/** Passes a response on, head and body. */
export async function passOn(from: IncomingMessage, to: ServerResponse): Promise<void> {
  const headers = Object.entries(from.headers).filter(([name]) => !NOT_HANDED_ON.includes(name));
  to.writeHead(from.statusCode ?? 502, Object.fromEntries(headers));
  await pipeline(from, to);
}
