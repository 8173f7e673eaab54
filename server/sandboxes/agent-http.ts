import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { z } from "zod";
import { abortWithin } from "../platform/abort-signals";
import { AppError, isAppError, toAppError } from "../platform/errors";
import type { AgentHealth } from "./sandbox-agent";

/** Opens one fresh stream to an agent. Rejects with AppError. */
export type DialAgent = (signal: AbortSignal) => Promise<Duplex>;

export interface AgentCall {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** With its query. */
  readonly path: string;
  readonly body?: Buffer;
  /** Longest answer that is read. */
  readonly answerBytesMax: number;
  readonly timeoutMs: number;
}

export interface AgentAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

const HEADER_BYTES_MAX = 8 * 1024;
const HEALTH_TIMEOUT_MS = 3_000;
/** Answers that are JSON and small by nature. */
export const SMALL_ANSWER_BYTES_MAX = 256 * 1024;

const healthSchema = z.object({
  version: z.string().max(64),
  uptimeMs: z.number().min(0),
  engine: z.enum(["up", "starting", "down", "absent"]),
  // A sandbox keeps the agent that it was made with: one of before there were clusters says nothing of one.
  cluster: z.enum(["up", "starting", "down", "absent"]).default("absent"),
});

/**
 * Makes one HTTP call over a fresh stream and reads the whole answer; the stream is destroyed on every path.
 *
 * @throws AppError what `dial` throws · `agent.unreachable` for a broken or silent stream · `agent.misbehaved` for what is
 * not HTTP or longer than allowed · `wait.aborted` for the signal
 */
export async function callAgent(
  dial: DialAgent,
  token: string,
  { call, signal }: { readonly call: AgentCall; readonly signal: AbortSignal },
): Promise<AgentAnswer> {
  const limited = abortWithin(signal, call.timeoutMs);
  try {
    const stream = await dialWithin(dial, limited);
    const destroy = (): void => {
      stream.destroy(new Error("aborted"));
    };
    limited.addEventListener("abort", destroy, { once: true });
    try {
      return await exchange(stream, token, call);
    } finally {
      limited.removeEventListener("abort", destroy);
      stream.destroy();
    }
  } catch (caught) {
    throw explainFailure(caught, { signal, limited });
  }
}

/** The agent's health over `dial`. @throws AppError as `callAgent` does */
export async function readAgentHealth(
  dial: DialAgent,
  token: string,
  signal: AbortSignal,
): Promise<AgentHealth> {
  const call = {
    method: "GET",
    path: "/v1/health",
    answerBytesMax: SMALL_ANSWER_BYTES_MAX,
    timeoutMs: HEALTH_TIMEOUT_MS,
  } as const;
  return parseAnswer(await callAgent(dial, token, { call, signal }), healthSchema);
}

/** The JSON of a successful answer. @throws AppError `agent.misbehaved` when it is anything else */
export function parseAnswer<Schema extends z.ZodType>(answer: AgentAnswer, schema: Schema): z.output<Schema> {
  expectSuccess(answer);
  const parsed = schema.safeParse(parseJson(answer.body));
  if (!parsed.success) throw new AppError("agent.misbehaved", "the agent's answer does not fit the protocol");
  return parsed.data;
}

/** @throws AppError `agent.misbehaved` for any answer but a success */
export function expectSuccess(answer: AgentAnswer): void {
  if (answer.status >= 200 && answer.status < 300) return;
  throw new AppError("agent.misbehaved", `the agent answered ${answer.status}`, {
    details: { status: answer.status },
  });
}

/** Turns what happened to a stream into our error; `signal` is the caller's, `limited` adds the deadline. */
export function explainFailure(
  caught: unknown,
  { signal, limited }: { readonly signal: AbortSignal; readonly limited: AbortSignal },
): AppError {
  if (signal.aborted) return new AppError("wait.aborted", "the call was aborted", { cause: caught });
  if (limited.aborted) {
    return new AppError("agent.unreachable", "the agent did not answer in time", { cause: caught });
  }
  if (isAppError(caught)) return caught;
  const code = (caught as NodeJS.ErrnoException | undefined)?.code ?? "";
  const isNonsense = code.startsWith("HPE_");
  return new AppError(isNonsense ? "agent.misbehaved" : "agent.unreachable", toAppError(caught).message, {
    cause: caught,
  });
}

/** Dials, but not for longer than the signal allows; a stream that comes too late is destroyed. */
export async function dialWithin(dial: DialAgent, signal: AbortSignal): Promise<Duplex> {
  signal.throwIfAborted();
  const dialling = dial(signal);
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener(
      "abort",
      () => {
        reject(new Error("aborted while dialling"));
      },
      { once: true },
    );
  });
  try {
    return await Promise.race([dialling, aborted]);
  } catch (error) {
    dialling.then(
      (stream) => stream.destroy(),
      () => undefined,
    );
    throw error;
  }
}

function exchange(stream: Duplex, token: string, call: AgentCall): Promise<AgentAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      createConnection: () => stream,
      method: call.method,
      path: call.path,
      maxHeaderSize: HEADER_BYTES_MAX,
      headers: {
        host: "agent",
        authorization: `Bearer ${token}`,
        ...(call.body === undefined ? {} : { "content-length": call.body.length }),
      },
    });
    const onClose = (): void => {
      reject(new AppError("agent.unreachable", "the stream ended before the answer"));
    };
    request.on("error", reject);
    stream.on("close", onClose);
    request.on("response", (response) => {
      // From here on the answer itself tells whether it is whole, also when the stream has ended before it was read.
      stream.off("close", onClose);
      readAnswer(response, call.answerBytesMax).then(resolve, reject);
    });
    request.end(call.body);
  });
}

async function readAnswer(response: IncomingMessage, bytesMax: number): Promise<AgentAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bytesMax) {
      throw new AppError("agent.misbehaved", `the agent's answer is longer than ${bytesMax} bytes`);
    }
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
