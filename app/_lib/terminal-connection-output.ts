import { ACK_EVERY_BYTES } from "../../server/protocol/terminal-frames";

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The emulator, as the connection sees it. */
export interface OutputSink {
  /** Resolves when the bytes are on the screen. */
  write(bytes: Uint8Array): Promise<void>;
  /** Forgets everything shown. */
  reset(): void;
  /** What follows was written for this size. */
  follow(size: TerminalSize): void;
}

type Step = { readonly offset: number; readonly bytes: Uint8Array } | { readonly apply: () => void };

/**
 * Brings output, redraws and sizes to the emulator in their order: a change of size or a redraw waits until everything
 * before it has been rendered. Knows the exact byte to resume at, and when to acknowledge.
 */
export class OutputQueue {
  readonly #sink: OutputSink;
  readonly #onAck: (offset: number) => void;
  readonly #steps: Step[] = [];
  #receivedOffset: number | null = null;
  #ackedOffset = 0;
  #renderingCount = 0;
  #generation = 0;

  constructor(sink: OutputSink, onAck: (offset: number) => void) {
    this.#sink = sink;
    this.#onAck = onAck;
  }

  /** Output offset to resume at; null before the first screen. */
  get offset(): number | null {
    return this.#receivedOffset;
  }

  /** Takes output that continues at `offset`; false when it does not: then the connection has to start over. */
  output(offset: number, bytes: Uint8Array): boolean {
    if (this.#receivedOffset !== offset) return false;
    this.#receivedOffset = offset + bytes.length;
    this.#add({ offset: this.#receivedOffset, bytes });
    return true;
  }

  /** A redraw: what follows it continues at `offset`. */
  screen(offset: number, bytes: Uint8Array): void {
    this.#receivedOffset = offset;
    this.#ackedOffset = offset;
    this.#add({
      apply: () => {
        this.#sink.reset();
      },
    });
    this.screenMore(offset, bytes);
  }

  screenMore(offset: number, bytes: Uint8Array): void {
    this.#add({ offset, bytes });
  }

  size(size: TerminalSize): void {
    this.#add({
      apply: () => {
        this.#sink.follow(size);
      },
    });
  }

  /** A fresh attachment at `offset`: acknowledgements of what is still being rendered start from there. */
  resume(offset: number): void {
    this.#ackedOffset = offset;
  }

  /** Nothing more reaches the emulator. */
  dispose(): void {
    this.#steps.length = 0;
    this.#generation += 1;
  }

  #add(step: Step): void {
    this.#steps.push(step);
    this.#run();
  }

  #run(): void {
    for (let step = this.#steps[0]; step !== undefined; step = this.#steps[0]) {
      if ("apply" in step) {
        if (this.#renderingCount > 0) return;
        this.#steps.shift();
        step.apply();
      } else {
        this.#steps.shift();
        this.#render(step.offset, step.bytes);
      }
    }
  }

  #render(offset: number, bytes: Uint8Array): void {
    const generation = this.#generation;
    this.#renderingCount += 1;
    void this.#sink
      .write(bytes)
      .catch(() => undefined)
      .then(() => {
        if (generation !== this.#generation) return;
        this.#renderingCount -= 1;
        const hasRenderedAll = this.#renderingCount === 0;
        if (offset - this.#ackedOffset >= ACK_EVERY_BYTES || (hasRenderedAll && offset > this.#ackedOffset)) {
          this.#ackedOffset = offset;
          this.#onAck(offset);
        }
        this.#run();
      });
  }
}
