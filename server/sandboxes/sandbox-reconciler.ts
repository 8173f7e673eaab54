import type { Pool } from "pg";
import type { Clock } from "../platform/clock";
import { withAdvisoryLock } from "../platform/database/advisory-lock";
import { AppError, toAppError } from "../platform/errors";
import type { EventBus } from "../platform/events";
import type { Logger } from "../platform/logger";
import { admissionReserve, capacityOf, createsAtOnce } from "./capacity";
import type { ApplySandboxAction } from "./apply-sandbox-action";
import { planSandboxes, type AdmissionBlock, type SandboxAction } from "./plan-sandboxes";
import type { SandboxId } from "./sandbox";
import type { HostHeadroom, SandboxLifecycle, SandboxLimits, SandboxObservation } from "./sandbox-driver";
import type { SandboxStore } from "./sandbox-store";

export interface SandboxReconcilerOptions {
  readonly store: SandboxStore;
  readonly lifecycle: SandboxLifecycle;
  readonly apply: ApplySandboxAction;
  readonly pool: Pool;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: SandboxLimits;
  /** Overrides what the host is planned for. */
  readonly capacity: number | undefined;
}

export interface ReconcilerState {
  readonly capacity: number;
  readonly createsMax: number;
  readonly admissionBlock: AdmissionBlock;
}

/** A full pass at least this often: the safety net under the events that wake it early. */
const PASS_INTERVAL_MS = 5_000;
/** How soon a replica that is not the leader asks again. */
const LEADER_RETRY_MS = 2_000;

/**
 * Brings what the driver has to what the database wants, for ever, on one replica at a time.
 *
 * Creates and destroys run beside the passes, each at most once at a time; `stop()` aborts and awaits them. Whatever a
 * killed server leaves is found by the next one's first pass.
 */
export class SandboxReconciler {
  readonly #options: SandboxReconcilerOptions;
  readonly #abort = new AbortController();
  readonly #inFlight = new Map<SandboxId, Promise<void>>();
  #wake: () => void = () => undefined;
  #isWoken = false;
  #loop: Promise<void> | undefined;
  #state: ReconcilerState | undefined;

  constructor(options: SandboxReconcilerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop ??= this.#leadForEver();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#wake();
    await this.#loop;
    await Promise.all(this.#inFlight.values());
  }

  /** Makes the next pass run at once. */
  wake(): void {
    this.#isWoken = true;
    this.#wake();
  }

  /** Capacity and what stands in the way of the queue, as of the last pass, or as the host says before the first. */
  async readState(): Promise<ReconcilerState> {
    if (this.#state === undefined)
      this.#state = this.#stateOf(await this.#options.lifecycle.readHeadroom(), null);
    return this.#state;
  }

  async #leadForEver(): Promise<void> {
    const { events, pool, clock, log } = this.#options;
    const { signal } = this.#abort;
    const unsubscribe = events.subscribe((event) => {
      if (event.kind === "queue.changed" || event.kind === "events.resynced") this.wake();
    });
    while (!signal.aborted) {
      try {
        await withAdvisoryLock(pool, "sandbox-reconciler", (lost) =>
          this.#passUntil(AbortSignal.any([signal, lost])),
        );
      } catch (error) {
        log.warn("reconciler.interrupted", { error });
      }
      await clock.sleep(LEADER_RETRY_MS, signal);
    }
    unsubscribe();
  }

  async #passUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#isWoken = false;
      await this.#passSafely();
      await this.#pause(signal);
    }
  }

  async #pause(signal: AbortSignal): Promise<void> {
    if (this.#isWoken) return;
    const woken = new AbortController();
    this.#wake = () => {
      woken.abort();
    };
    await this.#options.clock.sleep(PASS_INTERVAL_MS, AbortSignal.any([signal, woken.signal]));
  }

  async #passSafely(): Promise<void> {
    try {
      await this.#pass();
    } catch (caught) {
      const error = toAppError(caught);
      this.#options.log.warn("reconciler.pass-failed", { code: error.code, error });
    }
  }

  async #pass(): Promise<void> {
    const { store, clock, limits, log } = this.#options;
    const seen = await this.#observe();
    if (seen === undefined) return;
    const { headroom, observed } = seen;
    const state = this.#stateOf(headroom, this.#state?.admissionBlock ?? null);
    // Read after observing: a sandbox is always in the database before the driver has it.
    const desired = await store.readUndestroyed();
    const plan = planSandboxes({
      nowMs: clock.nowMs(),
      desired,
      observed,
      inFlight: new Set(this.#inFlight.keys()),
      headroom,
      capacity: state.capacity,
      reserve: admissionReserve(limits),
      createsMax: state.createsMax,
    });
    if (plan.admissionBlock !== this.#state?.admissionBlock)
      log.info("queue.block-changed", { block: plan.admissionBlock });
    this.#state = { ...state, admissionBlock: plan.admissionBlock };
    for (const action of plan.actions) await this.#begin(action);
  }

  /** Undefined while the driver does not answer: then nothing may be concluded from what it does not show. */
  async #observe(): Promise<{ observed: readonly SandboxObservation[]; headroom: HostHeadroom } | undefined> {
    const { lifecycle, store, clock, events, log } = this.#options;
    try {
      const [observed, headroom] = await Promise.all([lifecycle.list(), lifecycle.readHeadroom()]);
      const healed = await store.markReachable(true, new Date(clock.nowMs()));
      if (healed > 0) await events.publish({ kind: "queue.changed" });
      return { observed, headroom };
    } catch (caught) {
      const error = toAppError(caught);
      const hit = await store.markReachable(false, new Date(clock.nowMs()));
      if (hit > 0) {
        log.error("driver.became-unreachable", { code: error.code, sandboxCount: hit, error });
        await events.publish({ kind: "queue.changed" });
      }
      return undefined;
    }
  }

  #stateOf(headroom: HostHeadroom, admissionBlock: AdmissionBlock): ReconcilerState {
    const { capacity, limits } = this.#options;
    return {
      capacity: capacity ?? capacityOf(headroom, limits),
      createsMax: createsAtOnce(headroom),
      admissionBlock,
    };
  }

  async #begin(action: SandboxAction): Promise<void> {
    const { apply, log, store, clock } = this.#options;
    if (action.kind === "admit") {
      await store.move(
        action.id,
        { from: ["requested"], to: "provisioning" },
        { provisioningAt: new Date(clock.nowMs()) },
      );
      return;
    }
    const work = apply(action, this.#abort.signal)
      .catch((caught: unknown) => {
        const error = caught instanceof AppError ? caught : toAppError(caught);
        if (error.code !== "wait.aborted")
          log.error("reconciler.action-failed", {
            action: action.kind,
            sandboxId: action.id,
            code: error.code,
            error,
          });
      })
      .finally(() => {
        this.#inFlight.delete(action.id);
        this.wake();
      });
    this.#inFlight.set(action.id, work);
  }
}
