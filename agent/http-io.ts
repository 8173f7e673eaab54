import type { IncomingMessage, ServerResponse } from "node:http";

/** An answer other than success, for the boundary to write. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Reads a whole body. @throws Refusal 413 when it is longer than `bytesMax`. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bytesMax) throw new Refusal(413, `body longer than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Reads a JSON body of at most `bytesMax`. @throws Refusal 400 or 413 */
export async function readJson(request: IncomingMessage, bytesMax: number): Promise<unknown> {
  const body = await readBody(request, bytesMax);
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new Refusal(400, "body is not JSON");
  }
}

export function writeJson(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length }).end(body);
}
