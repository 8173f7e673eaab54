import { Worker } from "node:worker_threads";
import { ReadAhead } from "./read-ahead";

/** What the thread is sent. */
export interface Loan {
  readonly fd: number;
  readonly memory: SharedArrayBuffer;
}

/** A thread takes some 20 ms to start and 5 MiB to keep. */
const IDLE_MS = 10_000;
/** A sandbox without a process to spare has none a moment later either. */
const RETRY_MS = 10_000;
/** The loop that it runs allocates next to nothing. */
const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 };

/**
 * A thread that does nothing but read the terminal that floods: while the agent sends, the kernel would hold 12 KiB of its output and
 * the program would wait. Exists while it is used, and for one terminal at a time.
 */
export class ReadingThread {
  readonly #file: URL;
  #worker: Worker | undefined;
  #isOnline = false;
  #loan: { readonly ahead: ReadAhead; readonly onNews: () => void } | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #failedAtMs = -Infinity;

  /** @param file - the bundled `reading-thread-main.ts` */
  constructor(file: URL) {
    this.#file = file;
  }

  /**
   * Lends a descriptor that does not block; undefined while the thread serves another, is still starting or cannot be had.
   * `onNews` is called when what was awaited is there and when the loan is over, and may be called for nothing.
   */
  lend(fd: number, onNews: () => void): ReadAhead | undefined {
    if (this.#worker === undefined) this.#start();
    if (!this.#isOnline || this.#worker === undefined) return undefined;
    if (this.#loan?.ahead.isOver === false) return undefined;
    // Nobody would tell it any more.
    this.#loan?.onNews();
    const ahead = new ReadAhead();
    this.#loan = { ahead, onNews };
    const loan: Loan = { fd, memory: ahead.memory };
    this.#worker.postMessage(loan);
    this.#idleTimer?.refresh();
    return ahead;
  }

  #start(): void {
    if (Date.now() - this.#failedAtMs < RETRY_MS) return;
    try {
      this.#follow(new Worker(this.#file, { resourceLimits: LIMITS }));
    } catch {
      // No process or no memory to spare: the agent reads by itself.
      this.#failedAtMs = Date.now();
    }
  }

  #follow(worker: Worker): void {
    this.#worker = worker;
    worker.unref();
    worker.on("online", () => (this.#isOnline = true));
    worker.on("message", () => this.#loan?.onNews());
    worker.on("error", () => (this.#failedAtMs = Date.now()));
    worker.on("exit", () => {
      this.#forget();
    });
    this.#idleTimer = setInterval(() => {
      if (this.#loan?.ahead.isOver === false) return;
      // What it read in the middle of its end would be lost: from here on nothing is lent to it.
      this.#isOnline = false;
      void worker.terminate();
    }, IDLE_MS).unref();
  }

  #forget(): void {
    const loan = this.#loan;
    clearInterval(this.#idleTimer);
    this.#worker = undefined;
    this.#isOnline = false;
    this.#loan = undefined;
    loan?.ahead.letGo();
    loan?.onNews();
  }
}
