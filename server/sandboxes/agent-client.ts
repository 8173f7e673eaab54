import { z } from "zod";
import { AppError } from "../platform/errors";
import { attachToAgent } from "./agent-attachment";
import {
  callAgent,
  expectSuccess,
  parseAnswer,
  readAgentHealth,
  SMALL_ANSWER_BYTES_MAX,
  type AgentAnswer,
  type AgentCall,
  type DialAgent,
} from "./agent-http";
import { openAgentTunnel } from "./agent-tunnel";
import type { SandboxId } from "./sandbox";
import type { CommandRequest, FileReading, SandboxAgent } from "./sandbox-agent";
import type { SandboxAccess } from "./sandbox-driver";

export interface SandboxAgentOptions {
  readonly access: SandboxAccess;
  /** The bearer token of a sandbox's agent. */
  readonly tokenOf: (id: SandboxId) => string;
}

const CALL_TIMEOUT_MS = 10_000;
/** Closing waits for a stubborn shell's second, and for what it left behind. */
const CLOSE_TIMEOUT_MS = 15_000;
const FILE_TIMEOUT_MS = 30_000;
/** What an answer may take on top of a command's own time. */
const COMMAND_GRACE_MS = 3_000;
const FILE_BYTES_MAX = 16 * 1024 * 1024;
const OUTPUT_CHARACTERS_MAX = 64 * 1024;

const terminalSchema = z.object({
  terminalId: z.string().regex(/^[0-9a-zA-Z-]{1,64}$/),
  title: z.string().max(200),
  openedAtMs: z.number().min(0),
  isExited: z.boolean(),
});
const terminalsSchema = z.object({ terminals: z.array(terminalSchema).max(64) });
const commandSchema = z.object({
  exitCode: z.number().int().nullable(),
  stdout: z.string().max(OUTPUT_CHARACTERS_MAX),
  stderr: z.string().max(OUTPUT_CHARACTERS_MAX),
});
const folderSchema = z.object({
  kind: z.literal("folder"),
  names: z.array(z.string().max(1_024)).max(10_000),
});

/** The agent's client: one fresh stream for each call, attachment and tunnel; nothing is pooled, nothing is trusted. */
export function createSandboxAgent({ access, tokenOf }: SandboxAgentOptions): SandboxAgent {
  const dialOf =
    (id: SandboxId): DialAgent =>
    (signal) =>
      access.dial(id, signal);
  const ask = (
    id: SandboxId,
    call: Partial<AgentCall> & Pick<AgentCall, "method" | "path">,
    signal: AbortSignal,
  ) =>
    callAgent(dialOf(id), tokenOf(id), {
      call: { answerBytesMax: SMALL_ANSWER_BYTES_MAX, timeoutMs: CALL_TIMEOUT_MS, ...call },
      signal,
    });
  return {
    readHealth: (id, signal) => readAgentHealth(dialOf(id), tokenOf(id), signal),
    bind: async (id, binding, signal) => {
      expectSuccess(await ask(id, { method: "PUT", path: "/v1/binding", body: jsonOf(binding) }, signal));
    },
    listTerminals: async (id, signal) =>
      parseAnswer(await ask(id, { method: "GET", path: "/v1/terminals" }, signal), terminalsSchema).terminals,
    openTerminal: async (id, size, signal) => {
      const body = jsonOf({ columns: size.columns, rows: size.rows });
      const answer = await ask(id, { method: "POST", path: "/v1/terminals", body }, signal);
      if (answer.status === 429) throw new AppError("terminal.too-many", "the sandbox has all its terminals");
      return parseAnswer(answer, terminalSchema);
    },
    closeTerminal: async (id, terminalId, signal) => {
      const path = `/v1/terminals/${encodeURIComponent(terminalId)}`;
      const answer = await ask(id, { method: "DELETE", path, timeoutMs: CLOSE_TIMEOUT_MS }, signal);
      // A terminal that does not exist is closed already.
      if (answer.status !== 404) expectSuccess(answer);
    },
    attach: (id, request, signal) => attachToAgent(dialOf(id), tokenOf(id), { request, signal }),
    openTunnel: (id, endpoint, signal) => openAgentTunnel(dialOf(id), tokenOf(id), { endpoint, signal }),
    readFile: async (id, file, signal) => {
      const bytesMax = Math.min(file.bytesMax, FILE_BYTES_MAX);
      const query = new URLSearchParams({ path: file.path, bytesMax: String(bytesMax) });
      const answerBytesMax = Math.max(bytesMax, 4 * SMALL_ANSWER_BYTES_MAX);
      const path = `/v1/files?${query.toString()}`;
      const call = { method: "GET", path, answerBytesMax, timeoutMs: FILE_TIMEOUT_MS } as const;
      return readingOf(await ask(id, call, signal), bytesMax);
    },
    writeFile: async (id, file, signal) => {
      const mode = file.mode === undefined ? {} : { mode: file.mode.toString(8).padStart(3, "0") };
      const path = `/v1/files?${new URLSearchParams({ path: file.path, ...mode }).toString()}`;
      expectSuccess(
        await ask(id, { method: "PUT", path, body: file.bytes, timeoutMs: FILE_TIMEOUT_MS }, signal),
      );
    },
    runCommand: async (id, command, signal) =>
      parseAnswer(await ask(id, callOfCommand(command), signal), commandSchema),
  };
}

function callOfCommand({ script, user, timeoutMs }: CommandRequest): AgentCall {
  return {
    method: "POST",
    path: "/v1/commands",
    body: jsonOf({ script, user, timeoutMs }),
    // Escaped, one byte of output takes up to six characters of JSON.
    answerBytesMax: 2 * 6 * OUTPUT_CHARACTERS_MAX + SMALL_ANSWER_BYTES_MAX,
    timeoutMs: timeoutMs + COMMAND_GRACE_MS,
  };
}

function readingOf(answer: AgentAnswer, bytesMax: number): FileReading {
  if (answer.status === 404) return { kind: "absent" };
  if (answer.headers["content-type"] === "application/json" && answer.status === 200) {
    return parseAnswer(answer, folderSchema);
  }
  expectSuccess(answer);
  const sizeBytes = Number(answer.headers["x-size-bytes"]);
  const mode = Number(answer.headers["x-mode"]);
  if (!Number.isSafeInteger(sizeBytes) || !Number.isSafeInteger(mode) || answer.body.length > bytesMax) {
    throw new AppError("agent.misbehaved", "a file's answer does not fit the protocol");
  }
  return { kind: "file", bytes: answer.body, sizeBytes, isTruncated: sizeBytes > answer.body.length, mode };
}

function jsonOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
