import { once } from "node:events";
import type { Clock } from "../platform/clock";
import { toAppError } from "../platform/errors";
import type { Logger } from "../platform/logger";
import { forgottenPrefixes, type ClassRegistry } from "./class-registry";

export interface ClassRegistryCollectorOptions {
  readonly registry: ClassRegistry;
  readonly installationId: string;
  /** Enrollments that have a sandbox, awake or asleep. */
  readonly readEnrollmentIds: () => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Not at once: at its start the server has better to do. */
const FIRST_MS = 60_000;
/** How long what a tag no longer names goes on counting. */
const EVERY_MS = 10 * 60_000;
/** How soon again when somebody was pushing. */
const BUSY_MS = 60_000;

/**
 * Takes out of the class registry what belongs to nobody: images of attendees whose sandboxes are gone, and layers that no tag names.
 * Any number of servers may run one: what is asked twice is done once.
 */
export class ClassRegistryCollector {
  readonly #options: ClassRegistryCollectorOptions;
  readonly #abort = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(options: ClassRegistryCollectorOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop ??= this.#collectForEver();
  }

  /** Does not wait for a collection: that goes on in the registry itself, for minutes where there is much to take out. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#loop;
  }

  async #collectForEver(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#abort;
    await clock.sleep(FIRST_MS, signal);
    const stopped = once(signal, "abort");
    while (!signal.aborted) {
      let delayMs = EVERY_MS;
      try {
        if ((await Promise.race([this.#collect(), stopped])) === "busy") delayMs = BUSY_MS;
      } catch (caught) {
        const error = toAppError(caught);
        log.warn("class-registry.collect-failed", { code: error.code, error });
      }
      await clock.sleep(delayMs, signal);
    }
  }

  async #collect(): Promise<"collected" | "nothing" | "busy"> {
    const { registry, installationId, readEnrollmentIds, log } = this.#options;
    // In this order: whoever pushes for the first time in between is known, or not on the list.
    const prefixes = await registry.listPrefixes();
    const forgotten = forgottenPrefixes(prefixes, installationId, await readEnrollmentIds());
    const outcome = await registry.collect(forgotten);
    if (outcome === "collected") log.info("class-registry.collected", { prefixCount: forgotten.length });
    return outcome;
  }
}
