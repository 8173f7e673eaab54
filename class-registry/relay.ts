import { once } from "node:events";
import {
  Agent,
  request,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { Writable, type Readable, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

export interface Question {
  readonly port: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body?: { readonly source: Readable; readonly meter: Transform };
  /** Ends an exchange without a body, whatever it is at. One with a body ends with its source. */
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
/** From the end of what was sent to the end of what the process writes of it: milliseconds, on a slow disk more. */
const HANG_UP_MS_MAX = 10_000;

const agent = new Agent({ keepAlive: true, maxFreeSockets: 32 });

/**
 * Asks a Distribution process, and answers its response, whose body the caller reads or destroys. Where a body breaks off it rejects
 * once the process has nothing more to write of it, so that the caller can clear away what was written.
 */
export async function ask({ port, method, path, headers, body, signal }: Question): Promise<IncomingMessage> {
  const asked = request({
    ...{ host: "127.0.0.1", port, method, path, agent, timeout: SILENCE_MS_MAX },
    ...(body === undefined && { signal }),
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_HANDED_ON.includes(name))),
  });
  asked.on("timeout", () => asked.destroy(new Error("the registry process is silent")));
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asked.once("response", resolve);
    asked.on("error", reject);
  });
  if (body === undefined) {
    asked.end();
    return answered;
  }
  // Both are awaited: an answer may come before the last byte is sent, and either may fail first.
  const sent = pipeline(body.source, body.meter, sinkOf(asked));
  try {
    const [response] = await Promise.all([answered, sent]);
    return response;
  } catch (caught) {
    await hangUp(asked, answered);
    throw caught;
  }
}

/** Writes to the question, and unlike it does not cut the connection when the source breaks off. */
function sinkOf(asked: ClientRequest): Writable {
  const sink = new Writable({
    write: (chunk: Buffer, encoding, done) => asked.write(chunk, encoding, done),
    final: (done) => asked.end(done),
  });
  asked.once("close", () => sink.destroy());
  return sink;
}

/** Ends the sending side, and with it the exchange; returns when the process has answered, as it does when it is done. */
async function hangUp(asked: ClientRequest, answered: Promise<IncomingMessage>): Promise<void> {
  asked.socket?.end();
  const finished = answered.then((response) => once(response.resume(), "close"));
  if (!asked.destroyed && asked.socket !== null)
    await Promise.race([finished, once(AbortSignal.timeout(HANG_UP_MS_MAX), "abort")]).catch(() => undefined);
  asked.destroy();
}

/** Passes a response on, head and body. */
export async function passOn(from: IncomingMessage, to: ServerResponse): Promise<void> {
  const headers = Object.entries(from.headers).filter(([name]) => !NOT_HANDED_ON.includes(name));
  to.writeHead(from.statusCode ?? 502, Object.fromEntries(headers));
  await pipeline(from, to);
}
