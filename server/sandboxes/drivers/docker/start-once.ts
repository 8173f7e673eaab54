import type { SandboxId } from "../../sandbox";

interface Start {
  readonly done: Promise<void>;
  readonly abort: AbortController;
}

/** At most one start of a sandbox at a time in this process. */
export class StartOnce {
  readonly #starts = new Map<SandboxId, Start>();

  isUnderWay(id: SandboxId): boolean {
    return this.#starts.has(id);
  }

  /**
   * Runs `start`, or waits for the one that is under way: if that one was given up by its own caller, this one tries in its
   * place, any other failure is shared.
   */
  async run(
    id: SandboxId,
    signal: AbortSignal,
    start: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    for (let other = this.#starts.get(id); other !== undefined; other = this.#starts.get(id)) {
      const failure = await settled(other.done);
      if (failure === undefined) return;
      if (signal.aborted || !other.abort.signal.aborted) throw failure.reason;
    }
    const abort = new AbortController();
    const giveUp = (): void => {
      abort.abort();
    };
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
    const done = start(abort.signal).finally(() => {
      signal.removeEventListener("abort", giveUp);
      this.#starts.delete(id);
    });
    this.#starts.set(id, { done, abort });
    await done;
  }

  /** Aborts the start that is under way, if any, and returns once it has cleaned up. */
  async abort(id: SandboxId): Promise<void> {
    const start = this.#starts.get(id);
    start?.abort.abort();
    if (start !== undefined) await settled(start.done);
  }
}

function settled(done: Promise<void>): Promise<{ reason: unknown } | undefined> {
  return done.then(
    () => undefined,
    (reason: unknown) => ({ reason }),
  );
}
