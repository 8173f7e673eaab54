import {
  INPUT_WINDOW_BYTES,
  OUTPUT_BYTES_MAX,
  type ExitedMessage,
} from "../../server/protocol/terminal-frames";
import { AttachedClient, type AttachOptions, type TerminalSource } from "./attached-client";
import { EvictedScreen, type ScreenPart, type Size } from "./evicted-screen";
import { ReplayRing, SEGMENT_BYTES } from "./replay-ring";
import type { Shell } from "./shell";
import { SizeHistory } from "./size-history";

/** What the ring keeps at least; a reconnecting client resumes from here byte by byte. */
const RING_BYTES = 1024 * 1024;
/** Evicted bytes waiting for the headless terminal, at which the shell waits as well. */
const BACKLOG_BYTES_MAX = 2 * 1024 * 1024;
/** Under flow, output is sent in whole frames, or after this long; the first bytes after quiet go at once. */
const BATCH_MS = 5;
/** One client's input that was accepted but not taken by the shell yet: twice the window that clients keep to. */
const TYPED_BYTES_MAX = 2 * INPUT_WINDOW_BYTES;
/** Clients whose typed bytes are remembered; the oldest is forgotten first. */
const TYPISTS_MAX = 64;
/** A reconnect takes milliseconds to seconds; a program that prints must not stand still for longer. */
const HOLD_MS = 5_000;

/** One shell, its output since it was opened, and the clients attached to it. */
export class Terminal implements TerminalSource {
  readonly terminalId: string;
  readonly openedAtMs = Date.now();
  readonly ring = new ReplayRing();
  readonly sizes: SizeHistory;
  readonly #shell: Shell;
  readonly #clients = new Set<AttachedClient>();
  readonly #typed = new Map<string, { offset: number; takenOffset: number }>();
  #evicted: EvictedScreen | undefined;
  #exit: ExitedMessage | undefined;
  #batchTimer: NodeJS.Timeout | undefined;
  #flushedOffset = 0;
  #isPaused = false;
  #heldOffset: number | undefined;
  #holdTimer: NodeJS.Timeout | undefined;

  constructor(terminalId: string, shell: Shell, size: Size) {
    this.terminalId = terminalId;
    this.#shell = shell;
    this.sizes = new SizeHistory(size);
    shell.onOutput((bytes) => {
      this.#takeOutput(bytes);
    });
    shell.onExit((exit) => {
      this.#exit = exit;
      this.#flush();
    });
  }

  get exit(): ExitedMessage | undefined {
    return this.#exit;
  }

  get title(): string {
    return this.#shell.title;
  }

  /** Attaches a client; an older attachment of the same client is closed. */
  attach(options: AttachOptions): void {
    for (const other of this.#clients) {
      if (other.clientId === options.clientId) other.replace();
    }
    const client = new AttachedClient(this, options);
    this.#clients.add(client);
    client.start(this.#typistOf(options.clientId).takenOffset);
    this.#pace();
  }

  detach(client: AttachedClient): void {
    if (this.#clients.delete(client) && this.#clients.size === 0) this.#holdFor(client.ackedOffset);
    this.#pace();
  }

  /** Types what of `bytes` has not been typed for this client yet; more than the window is left to a resend. */
  type(client: AttachedClient, inputOffset: number, bytes: Uint8Array): void {
    const typist = this.#typistOf(client.clientId);
    const skipped = typist.offset - inputOffset;
    const isFull = typist.offset - typist.takenOffset + bytes.length > TYPED_BYTES_MAX;
    if (skipped < 0 || skipped >= bytes.length || isFull || this.#exit !== undefined) {
      client.tellInput(typist.takenOffset);
      return;
    }
    const fresh = bytes.subarray(skipped);
    typist.offset += fresh.length;
    this.#shell.write(fresh, () => {
      typist.takenOffset += fresh.length;
      client.tellInput(typist.takenOffset);
    });
  }

  resize(size: Size): void {
    if (this.#exit !== undefined || !this.sizes.change(this.ring.end, size)) return;
    this.#shell.resize(size);
    this.#flush();
  }

  /** Called by a client whose window has opened or closed. */
  pace(): void {
    this.#pace();
  }

  /** Calls back with what brings an empty terminal to the state at the beginning of the ring. */
  readScreen(onScreen: (parts: readonly ScreenPart[]) => void): void {
    if (this.#evicted === undefined) onScreen([{ kind: "size", size: this.sizes.at(0) }]);
    else this.#evicted.read(onScreen);
  }

  /** Ends the shell, closes every attachment, resolves when no process is left. Idempotent. */
  async close(): Promise<void> {
    // Before the shell ends, so that a client is told of the closing and not of an exit code that nobody asked for.
    this.#endClients();
    await this.#shell.end();
    this.#endClients();
    clearTimeout(this.#batchTimer);
    clearTimeout(this.#holdTimer);
    this.#evicted?.dispose();
  }

  #endClients(): void {
    for (const client of [...this.#clients]) client.end();
  }

  #takeOutput(bytes: Buffer): void {
    this.ring.append(bytes);
    if (this.ring.end - this.ring.start >= RING_BYTES + SEGMENT_BYTES) this.#evict();
    if (this.#batchTimer === undefined) {
      this.#flush();
      this.#startBatch();
      return;
    }
    const waiting = this.ring.end - this.#flushedOffset;
    if (waiting >= OUTPUT_BYTES_MAX) this.#flush(this.ring.end - (waiting % OUTPUT_BYTES_MAX));
  }

  #startBatch(): void {
    this.#batchTimer = setTimeout(() => {
      this.#batchTimer = undefined;
      if (this.ring.end === this.#flushedOffset) return;
      this.#flush();
      this.#startBatch();
    }, BATCH_MS);
  }

  #flush(until = this.ring.end): void {
    this.#flushedOffset = until;
    for (const client of this.#clients) client.pump(until);
    this.#pace();
  }

  #evict(): void {
    this.#evicted ??= new EvictedScreen(this.sizes.at(0), () => {
      this.#pace();
    });
    // Whole segments, because they need not be copied, and large, because most of plain text then scrolls away unseen.
    const until = Math.floor((this.ring.end - RING_BYTES) / SEGMENT_BYTES) * SEGMENT_BYTES;
    for (const change of this.sizes.forgetTo(until)) {
      this.#evicted.feed(this.ring.evictTo(change.offset));
      this.#evicted.resize(change.size);
    }
    const evicted = this.ring.evictTo(until);
    if (!this.#evicted.feed(evicted)) this.ring.giveBack(evicted);
  }

  /** The shell waits only while every client is at its limit, or the headless terminal is behind; never for nobody. */
  #pace(): void {
    const clients = [...this.#clients];
    const isBlocked = clients.length > 0 && clients.every((client) => client.isAtLimit);
    const isBehind = (this.#evicted?.backlogBytes ?? 0) > BACKLOG_BYTES_MAX;
    const held = clients.length === 0 ? this.#heldOffset : undefined;
    const isHeld = held !== undefined && this.ring.end - held >= RING_BYTES / 2;
    const mayRun = !isBlocked && !isBehind && !isHeld;
    if (mayRun === !this.#isPaused || this.#exit !== undefined) return;
    this.#isPaused = !mayRun;
    if (mayRun) this.#shell.resume();
    else this.#shell.pause();
  }

  /** For a moment after a cut the ring does not move past the client, so that it resumes at its byte. */
  #holdFor(offset: number): void {
    clearTimeout(this.#holdTimer);
    this.#heldOffset = offset;
    this.#holdTimer = setTimeout(() => {
      this.#heldOffset = undefined;
      this.#pace();
    }, HOLD_MS);
  }

  #typistOf(clientId: string): { offset: number; takenOffset: number } {
    const typist = this.#typed.get(clientId) ?? { offset: 0, takenOffset: 0 };
    this.#typed.delete(clientId);
    this.#typed.set(clientId, typist);
    const oldest = this.#typed.keys().next().value;
    if (this.#typed.size > TYPISTS_MAX && oldest !== undefined) this.#typed.delete(oldest);
    return typist;
  }
}
