import type { Pool } from "pg";
import { linkAbort } from "../platform/abort-signals";
import type { Clock } from "../platform/clock";
import { withAdvisoryLock } from "../platform/database/advisory-lock";
import { AppError, toAppError } from "../platform/errors";
import type { EventBus } from "../platform/events";
import type { Logger } from "../platform/logger";
import { announce } from "./announce-sandbox";
import { capacityOf, startCoresOfHost, type AdmissionBlock } from "./capacity";
import type { ApplySandboxAction } from "./apply-sandbox-action";
import { LEAD_MS_MAX } from "./plan-pool";
import { planSandboxes, type SandboxAction } from "./plan-sandboxes";
import type { ReadDeliveries } from "./ports";
import type { ReadProfiles } from "./profile-reader";
import type { ProfilePlans } from "./profiles";
import type { SandboxId } from "./sandbox";
import type { HostHeadroom, SandboxDriver, SandboxObservation } from "./sandbox-driver";
import type { SandboxSnapshot } from "./sandbox-snapshot";
import type { SandboxStore } from "./sandbox-store";
import { usualCreates } from "./usual-starts";

export interface SandboxReconcilerOptions {
  readonly store: SandboxStore;
  readonly driver: SandboxDriver;
  readonly readProfiles: ReadProfiles;
  /** Aborted by `stop`, and with it everything that this room has under way. */
  readonly abort: AbortController;
  readonly readDeliveries: ReadDeliveries;
  readonly apply: ApplySandboxAction;
  readonly pool: Pool;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly plans: ProfilePlans;
  /** Overrides what the host is planned for. */
  readonly capacity: number | undefined;
  /** Overrides how many warm sandboxes the deliveries call for. */
  readonly poolTarget: number | undefined;
}

export interface ReconcilerState {
  /** Most Docker sandboxes at once. */
  readonly capacity: number;
  readonly headroom: HostHeadroom;
  readonly readAtMs: number;
  readonly startCores: number;
  readonly admissionBlock: AdmissionBlock;
}

/** A full pass at least this often: the safety net under the events that wake it early. */
const PASS_INTERVAL_MS = 5_000;
/** Older than this, a state is another replica's to know: read from the host again. */
const STATE_FRESH_MS = 3 * PASS_INTERVAL_MS;
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
  readonly #abort: AbortController;
  readonly #inFlight = new Map<SandboxId, Promise<void>>();
  #wake: () => void = () => undefined;
  #isWoken = false;
  #loop: Promise<void> | undefined;
  #state: ReconcilerState | undefined;

  constructor(options: SandboxReconcilerOptions) {
    this.#options = options;
    this.#abort = options.abort;
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

  /**
   * Capacity and what stands in the way of the queue, as of the last pass; as the host says now where passes are another replica's.
   * While the host does not answer, its last word. @throws AppError `driver.unreachable` when it never answered
   */
  async readState(): Promise<ReconcilerState> {
    const { driver, clock } = this.#options;
    const known = this.#state;
    if (known !== undefined && clock.nowMs() - known.readAtMs < STATE_FRESH_MS) return known;
    try {
      return (this.#state = this.#stateOf(await driver.readHeadroom(), known?.admissionBlock ?? null));
    } catch (error) {
      if (known === undefined) throw error;
      return known;
    }
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
          this.#passUntil(linkAbort(signal, lost).signal),
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
    const pause = linkAbort(signal);
    this.#wake = () => {
      pause.abort();
    };
    await this.#options.clock.sleep(PASS_INTERVAL_MS, pause.signal);
    pause.abort();
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
    const seen = await this.#observe();
    if (seen === undefined) return;
    const snapshot = await this.#snapshotOf(seen);
    const plan = planSandboxes(snapshot);
    this.#state = this.#stateOf(seen.headroom, this.#state?.admissionBlock ?? null);
    await this.#noteBlock(plan.admissionBlock);
    for (const action of plan.actions) await this.#begin(action);
  }

  async #snapshotOf(seen: {
    readonly observed: readonly SandboxObservation[];
    readonly headroom: HostHeadroom;
  }): Promise<SandboxSnapshot> {
    const { store, clock, driver, plans, capacity, poolTarget } = this.#options;
    const nowMs = clock.nowMs();
    const [profileStates, deliveries, recent] = await Promise.all([
      this.#options.readProfiles(),
      this.#options.readDeliveries({ fromMs: nowMs, untilMs: nowMs + LEAD_MS_MAX }),
      store.readRecentStarts(),
    ]);
    return {
      ...seen,
      ...{ nowMs, capacity, plans, profileStates },
      // Read after observing: a sandbox is always in the database before the driver has it.
      desired: await store.readUndestroyed(),
      inFlight: new Set(this.#inFlight.keys()),
      startCores: startCoresOfHost(seen.headroom),
      canSleep: driver.capabilities.canSleep,
      pool: { deliveries, target: poolTarget, usualCreateMs: usualCreates(recent) },
    };
  }

  /** Undefined while the driver does not answer: then nothing may be concluded from what it does not show. */
  async #observe(): Promise<{ observed: readonly SandboxObservation[]; headroom: HostHeadroom } | undefined> {
    const { driver, store, clock, events, log } = this.#options;
    try {
      const [observed, headroom] = await Promise.all([driver.list(), driver.readHeadroom()]);
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
      await this.#noteBlock("host");
      return undefined;
    }
  }

  /** Whoever waits is told at once what for. */
  async #noteBlock(block: AdmissionBlock): Promise<void> {
    if (this.#state === undefined || this.#state.admissionBlock === block) return;
    this.#options.log.info("queue.block-changed", { block });
    this.#state = { ...this.#state, admissionBlock: block };
    await this.#options.events.publish({ kind: "queue.changed" });
  }

  #stateOf(headroom: HostHeadroom, admissionBlock: AdmissionBlock): ReconcilerState {
    const { capacity, plans, clock } = this.#options;
    return {
      capacity: capacity ?? capacityOf(headroom, "docker", plans),
      startCores: startCoresOfHost(headroom),
      readAtMs: clock.nowMs(),
      ...{ headroom, admissionBlock },
    };
  }

  async #begin(action: SandboxAction): Promise<void> {
    const { apply, log, store, clock, driver } = this.#options;
    const now = new Date(clock.nowMs());
    if (action.kind === "admit") {
      await store.move(action.id, { from: ["requested"], to: "provisioning" }, { provisioningAt: now });
      return;
    }
    if (action.kind === "warm") {
      await store.addWarm({ profile: action.profile, driver: driver.name, now });
      this.#isWoken = true;
      return;
    }
    if (action.kind === "change") {
      if (await store.beginChange(action.id, action.profile, now)) {
        log.info("sandbox.profile-changing", { sandboxId: action.id, profile: action.profile });
        await announce(this.#options, action);
      }
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
