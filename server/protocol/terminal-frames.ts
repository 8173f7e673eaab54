/**
 * The binary frames between a browser and an agent, relayed by the server. One byte of type, then the payload; all
 * numbers big-endian. Offsets count the bytes of a terminal's output since it was opened, so that any reader can resume
 * at the exact byte; input offsets count the bytes that one client has typed, so that a resend is never typed twice.
 *
 * Nothing here needs Node: browsers load it.
 */
export const FRAME = {
  /** agent → client: f64 offset of the first byte, bytes. */
  output: 0x01,
  /** agent → client: f64 offset that follows the screen, bytes. The client resets its terminal, then writes them. */
  screen: 0x02,
  /** agent → client: JSON `AttachedMessage`. First frame after an attach. */
  attached: 0x03,
  /** agent → client: JSON `ExitedMessage`. The shell has ended; no output follows. */
  exited: 0x04,
  /** agent → client: u16 columns, u16 rows: from here on the output is written for this size. In order with the output. */
  resized: 0x05,
  /** server → client: u32 nonce of the ping. */
  pong: 0x06,
  /** agent → client: f64 input offset that has been typed so far for this client. */
  inputAck: 0x07,
  /** agent → client: f64 offset that follows the screen, bytes. More of the screen that a `screen` frame began. */
  screenMore: 0x08,
  /** client → agent: f64 input offset of the first byte, bytes. */
  input: 0x11,
  /** client → agent: f64 output offset up to which this client has rendered. */
  ack: 0x12,
  /** client → agent: u16 columns, u16 rows. */
  resize: 0x13,
  /** client → server: u32 nonce. Answered by the server itself, so it measures the network alone. */
  ping: 0x14,
} as const;

/** Frames that carry bytes to be written to a terminal. */
export type OutputFrameType = "output" | "screen" | "screenMore";

export type AgentFrame =
  | { readonly type: OutputFrameType; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly type: "attached"; readonly message: AttachedMessage }
  | { readonly type: "exited"; readonly message: ExitedMessage }
  | { readonly type: "resized"; readonly columns: number; readonly rows: number }
  | { readonly type: "pong"; readonly nonce: number }
  | { readonly type: "inputAck"; readonly inputOffset: number };

export type ClientFrame =
  | { readonly type: "input"; readonly inputOffset: number; readonly bytes: Uint8Array }
  | { readonly type: "ack"; readonly offset: number }
  | { readonly type: "resize"; readonly columns: number; readonly rows: number }
  | { readonly type: "ping"; readonly nonce: number };

export interface AttachedMessage {
  readonly terminalId: string;
  /** The size that the shell's programs see now; what is replayed may have been written for another (`resized`). */
  readonly columns: number;
  readonly rows: number;
  readonly isReadOnly: boolean;
  /** How many bytes of this client's input have been typed; the client resends what follows. */
  readonly inputOffset: number;
  /** True when output between the client's offset and what follows is gone, and a `screen` frame comes instead. */
  readonly isRedrawn: boolean;
}

export interface ExitedMessage {
  readonly exitCode: number;
  readonly signal: number;
}

/** Unacknowledged bytes of one client at which the agent stops sending to it. Measured in docs/adr/0004-terminal-protocol.md. */
export const UNACKED_BYTES_MAX = 256 * 1024;
/**
 * A client acknowledges whenever it has rendered this much since its last acknowledgement, and when it has rendered all:
 * with every whole frame.
 */
export const ACK_EVERY_BYTES = 60 * 1024;
/** Longest frame that either side accepts; longer input is sent in several. */
export const FRAME_BYTES_MAX = 64 * 1024;
/** Typed bytes that a client may have sent without their `inputAck`; the rest waits on the client's side. */
export const INPUT_WINDOW_BYTES = 64 * 1024;
export const COLUMNS_MAX = 500;
export const ROWS_MAX = 300;

const HEADER_BYTES = 1;
const OFFSET_BYTES = 8;
/** Length of what precedes the bytes in `output`, `screen`, `screenMore` and `input` frames. */
export const OUTPUT_HEADER_BYTES = HEADER_BYTES + OFFSET_BYTES;
/** What WebSocket itself puts before a frame of such a length. */
const SOCKET_HEADER_BYTES = 4;
/**
 * Bytes in the longest `output` frame. With all headers it is 64 KiB, which is what a Node process reads at once: nobody on
 * the way has to put it together from two reads.
 */
export const OUTPUT_BYTES_MAX = FRAME_BYTES_MAX - SOCKET_HEADER_BYTES - OUTPUT_HEADER_BYTES;
const OUTPUT_FRAME_TYPES = {
  [FRAME.output]: "output",
  [FRAME.screen]: "screen",
  [FRAME.screenMore]: "screenMore",
} as const;
const utf8 = new TextEncoder();

export function encodeOutput(type: OutputFrameType, offset: number, bytes: Uint8Array): Uint8Array {
  return withOffset(FRAME[type], offset, bytes);
}

export function encodeInput(inputOffset: number, bytes: Uint8Array): Uint8Array {
  return withOffset(FRAME.input, inputOffset, bytes);
}

export function encodeAck(offset: number): Uint8Array {
  return withOffset(FRAME.ack, offset, new Uint8Array());
}

export function encodeInputAck(inputOffset: number): Uint8Array {
  return withOffset(FRAME.inputAck, inputOffset, new Uint8Array());
}

export function encodeSize(type: "resize" | "resized", columns: number, rows: number): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + 4);
  const view = new DataView(frame.buffer);
  view.setUint8(0, FRAME[type]);
  view.setUint16(1, columns);
  view.setUint16(3, rows);
  return frame;
}

export function encodeNonce(type: "ping" | "pong", nonce: number): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + 4);
  const view = new DataView(frame.buffer);
  view.setUint8(0, FRAME[type]);
  view.setUint32(1, nonce);
  return frame;
}

export function encodeMessage(
  type: "attached" | "exited",
  message: AttachedMessage | ExitedMessage,
): Uint8Array {
  const json = utf8.encode(JSON.stringify(message));
  const frame = new Uint8Array(HEADER_BYTES + json.length);
  frame[0] = FRAME[type];
  frame.set(json, HEADER_BYTES);
  return frame;
}

/** Decodes a frame meant for a client. `undefined` for anything malformed: the sender is not trusted. */
export function decodeAgentFrame(frame: Uint8Array): AgentFrame | undefined {
  const view = viewOf(frame);
  const kind = frame[0] ?? 0;
  switch (kind) {
    case FRAME.output:
    case FRAME.screen:
    case FRAME.screenMore:
      return readOutput(OUTPUT_FRAME_TYPES[kind], frame);
    case FRAME.attached:
      return parseMessage(frame, (message) =>
        isAttached(message) ? { type: "attached", message } : undefined,
      );
    case FRAME.exited:
      return parseMessage(frame, (message) => (isExited(message) ? { type: "exited", message } : undefined));
    case FRAME.resized:
      return readSize("resized", view);
    case FRAME.pong:
      return frame.length === 5 ? { type: "pong", nonce: view.getUint32(1) } : undefined;
    case FRAME.inputAck: {
      const inputOffset = readOffset(view);
      return inputOffset === undefined ? undefined : { type: "inputAck", inputOffset };
    }
    default:
      return undefined;
  }
}

/** Decodes a frame sent by a client. `undefined` for anything malformed: the sender is not trusted. */
export function decodeClientFrame(frame: Uint8Array): ClientFrame | undefined {
  const view = viewOf(frame);
  const kind = frame[0] ?? 0;
  switch (kind) {
    case FRAME.input: {
      const inputOffset = readOffset(view);
      if (inputOffset === undefined) return undefined;
      return { type: "input", inputOffset, bytes: frame.subarray(OUTPUT_HEADER_BYTES) };
    }
    case FRAME.ack: {
      const offset = readOffset(view);
      return offset === undefined ? undefined : { type: "ack", offset };
    }
    case FRAME.resize:
      return readSize("resize", view);
    case FRAME.ping:
      return frame.length === 5 ? { type: "ping", nonce: view.getUint32(1) } : undefined;
    default:
      return undefined;
  }
}

function withOffset(type: number, offset: number, bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + OFFSET_BYTES + bytes.length);
  const view = new DataView(frame.buffer);
  view.setUint8(0, type);
  view.setFloat64(1, offset);
  frame.set(bytes, HEADER_BYTES + OFFSET_BYTES);
  return frame;
}

function viewOf(frame: Uint8Array): DataView {
  return new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
}

function readOffset(view: DataView): number | undefined {
  if (view.byteLength < HEADER_BYTES + OFFSET_BYTES) return undefined;
  const offset = view.getFloat64(HEADER_BYTES);
  return Number.isSafeInteger(offset) && offset >= 0 ? offset : undefined;
}

function readOutput(type: OutputFrameType, frame: Uint8Array): AgentFrame | undefined {
  const offset = readOffset(viewOf(frame));
  return offset === undefined ? undefined : { type, offset, bytes: frame.subarray(OUTPUT_HEADER_BYTES) };
}

function readSize<Type extends "resize" | "resized">(type: Type, view: DataView) {
  if (view.byteLength !== 5) return undefined;
  const [columns, rows] = [view.getUint16(1), view.getUint16(3)];
  const isSane = columns >= 2 && columns <= COLUMNS_MAX && rows >= 1 && rows <= ROWS_MAX;
  return isSane ? { type, columns, rows } : undefined;
}

function parseMessage<Frame>(
  frame: Uint8Array,
  accept: (message: unknown) => Frame | undefined,
): Frame | undefined {
  try {
    return accept(JSON.parse(new TextDecoder().decode(frame.subarray(HEADER_BYTES))));
  } catch {
    return undefined;
  }
}

function isAttached(message: unknown): message is AttachedMessage {
  const fields = message as Partial<Record<keyof AttachedMessage, unknown>> | null;
  return (
    typeof fields?.terminalId === "string" &&
    typeof fields.columns === "number" &&
    typeof fields.rows === "number" &&
    typeof fields.isReadOnly === "boolean" &&
    typeof fields.inputOffset === "number" &&
    typeof fields.isRedrawn === "boolean"
  );
}

function isExited(message: unknown): message is ExitedMessage {
  const fields = message as Partial<Record<keyof ExitedMessage, unknown>> | null;
  return typeof fields?.exitCode === "number" && typeof fields.signal === "number";
}
