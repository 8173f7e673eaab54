import type { Duplex } from "node:stream";
import type { SandboxId } from "./sandbox";

export interface AgentHealth {
  readonly version: string;
  readonly uptimeMs: number;
  /** Whether the sandbox's inner engine answers. `absent` where the sandbox has none (process driver). */
  readonly engine: "up" | "starting" | "down" | "absent";
  /**
   * The cluster that came with the sandbox's profile: `up` when its API answers and its nodes are Ready. `absent` where the profile
   * has none or the attendee deleted it.
   */
  readonly cluster: "up" | "starting" | "down" | "absent";
}

/** Who a sandbox belongs to: what makes a warm one theirs. */
export interface SandboxBinding {
  /** Host name inside, as in `SandboxSpec`. */
  readonly hostName: string;
  /** The attendee's display name, for greeting and git. Any text of at most 120 characters. */
  readonly attendeeName: string;
  /** What the sandbox may push with: images `registry:5000/<prefix>/…`. Null where there is no class registry. */
  readonly registry: { readonly prefix: string; readonly password: string } | null;
}

export interface AgentTerminal {
  readonly terminalId: string;
  readonly title: string;
  readonly openedAtMs: number;
  readonly isExited: boolean;
}

export interface AttachRequest {
  readonly terminalId: string;
  /** Random per browser tab; the agent remembers how much of its input it has typed. */
  readonly clientId: string;
  /** Output offset to resume at; null asks for the whole screen. */
  readonly offset: number | null;
  readonly isReadOnly: boolean;
}

/** Frames of `server/protocol/terminal-frames.ts` over one attached terminal. Whoever attached it closes it. */
export interface AgentAttachment {
  send(frame: Uint8Array): void;
  /** Bytes accepted by `send` that are not on the wire yet. */
  readonly bufferedBytes: number;
  onFrame(listener: (frame: Uint8Array) => void): void;
  /** Called once, when the attachment has ended for whatever reason. */
  onClose(listener: (reason: { readonly code: number; readonly text: string }) => void): void;
  close(): void;
}

/** `docker` and `kubernetes` are the sandbox's own APIs; `tcp:<port>` is a port on its loopback or of its containers. */
export type TunnelEndpoint = "docker" | "kubernetes" | `tcp:${number}`;

export type FileReading =
  | { readonly kind: "absent" }
  | { readonly kind: "folder"; readonly names: readonly string[] }
  /** `isTruncated` when the file is longer than was asked for. `sizeBytes` is the whole file's. */
  | {
      readonly kind: "file";
      readonly bytes: Buffer;
      readonly sizeBytes: number;
      readonly isTruncated: boolean;
      readonly mode: number;
    };

export interface CommandRequest {
  /** Fed to `bash` on standard input, so that it never rests in the sandbox. */
  readonly script: string;
  readonly user: "attendee" | "root";
  readonly timeoutMs: number;
}

export interface CommandOutcome {
  /** Null when the command was ended at its timeout. */
  readonly exitCode: number | null;
  /** At most 64 KiB of each; what came after is dropped. */
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Everything that the server does inside a sandbox, over dialled streams. What comes back is hostile input: every call is
 * bounded in size and time, and answers that do not fit the protocol become `agent.misbehaved`.
 *
 * All methods reject with AppError `sandbox.not-found`, `sandbox.unreachable`, `driver.unreachable`, `agent.unreachable`,
 * `agent.misbehaved` or `wait.aborted` (the signal).
 */
export interface SandboxAgent {
  readHealth(id: SandboxId, signal: AbortSignal): Promise<AgentHealth>;
  /** Gives the sandbox its attendee: host name, greeting, registry credentials. Idempotent; takes milliseconds. */
  bind(id: SandboxId, binding: SandboxBinding, signal: AbortSignal): Promise<void>;
  listTerminals(id: SandboxId, signal: AbortSignal): Promise<readonly AgentTerminal[]>;
  /** @throws AppError `terminal.too-many` */
  openTerminal(
    id: SandboxId,
    size: { readonly columns: number; readonly rows: number },
    signal: AbortSignal,
  ): Promise<AgentTerminal>;
  /** Ends the shell and everything it started. Idempotent. */
  closeTerminal(id: SandboxId, terminalId: string, signal: AbortSignal): Promise<void>;
  /** @throws AppError `terminal.not-found` */
  attach(id: SandboxId, request: AttachRequest, signal: AbortSignal): Promise<AgentAttachment>;
  /** A raw byte stream to the endpoint; the caller destroys it. */
  openTunnel(id: SandboxId, endpoint: TunnelEndpoint, signal: AbortSignal): Promise<Duplex>;
  readFile(
    id: SandboxId,
    file: { readonly path: string; readonly bytesMax: number },
    signal: AbortSignal,
  ): Promise<FileReading>;
  /** Writes a whole file as the attendee, making its folders. */
  writeFile(
    id: SandboxId,
    file: { readonly path: string; readonly bytes: Buffer; readonly mode?: number },
    signal: AbortSignal,
  ): Promise<void>;
  runCommand(id: SandboxId, command: CommandRequest, signal: AbortSignal): Promise<CommandOutcome>;
}
