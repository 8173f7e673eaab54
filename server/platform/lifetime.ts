import type { Logger } from "./logger";

export interface LifetimeOptions {
  readonly log: Logger;
  /** All stops together may take this long. */
  readonly deadlineMs: number;
}

/** Everything that was started, to be stopped in reverse order, once, within one deadline. */
export class Lifetime {
  readonly #options: LifetimeOptions;
  readonly #stops: { name: string; stop: () => Promise<void> | void }[] = [];
  #stopping: Promise<boolean> | undefined;
  #isSignalled = false;

  constructor(options: LifetimeOptions) {
    this.#options = options;
  }

  /** Registers what was just started. */
  add(name: string, stop: () => Promise<void> | void): void {
    this.#stops.push({ name, stop });
  }

  /** True once one of the signals has come that `untilSignal` waits for: what is being started need not go on. */
  hasBeenSignalled(): boolean {
    return this.#isSignalled;
  }

  /** Resolves at the first of `signals`. */
  untilSignal(signals: readonly NodeJS.Signals[]): Promise<void> {
    return new Promise((resolve) => {
      for (const signal of signals) {
        process.on(signal, () => {
          this.#options.log.info("platform.signalled", { signal });
          this.#isSignalled = true;
          resolve();
        });
      }
    });
  }

  /** Stops everything; answers false when a stop failed or the deadline passed. A second call awaits the first. */
  stop(): Promise<boolean> {
    this.#stopping ??= this.#stopWithin();
    return this.#stopping;
  }

  async #stopWithin(): Promise<boolean> {
    const { log, deadlineMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => {
        log.error("platform.stop-timed-out", { durationMs: deadlineMs });
        resolve(false);
      }, deadlineMs);
    });
    const isClean = await Promise.race([this.#stopAll(), deadline]);
    clearTimeout(timer);
    return isClean;
  }

  async #stopAll(): Promise<boolean> {
    let isClean = true;
    for (const { name, stop } of this.#stops.reverse()) {
      try {
        await stop();
      } catch (error) {
        isClean = false;
        this.#options.log.error("platform.stop-failed", { part: name, error });
      }
    }
    this.#options.log.info("platform.stopped");
    return isClean;
  }
}
