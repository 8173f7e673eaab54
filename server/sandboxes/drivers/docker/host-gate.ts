import type { Clock } from "../../../platform/clock";
import type { Logger } from "../../../platform/logger";
import { probeHost, type EngineHost, type HostProbeOptions } from "./host-probe";

/** Rules may go when the host's firewall is reloaded: look again this often, while sandboxes are being started. */
const RECHECK_MS = 60_000;

/** Nothing starts before the host's firewall is known to keep sandboxes where they belong. */
export class HostGate {
  readonly #options: HostProbeOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  #probe: Promise<EngineHost> | undefined;
  #probedAtMs = 0;

  constructor(options: HostProbeOptions, { clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
  }

  /** Puts the rules in place, at once or at all when they are. Looks again in the background when the last look is old. */
  async open(): Promise<EngineHost> {
    if (this.#probe !== undefined && this.#clock.nowMs() - this.#probedAtMs > RECHECK_MS) this.#recheck();
    return this.#probe ?? this.#start();
  }

  /** The engine was away: its host may have been restarted, so the next start looks again first. */
  close(): void {
    this.#probe = undefined;
  }

  #start(): Promise<EngineHost> {
    this.#probedAtMs = this.#clock.nowMs();
    const probe = probeHost(this.#options);
    this.#probe = probe;
    probe.catch(() => {
      if (this.#probe === probe) this.close();
    });
    return probe;
  }

  #recheck(): void {
    this.#probedAtMs = this.#clock.nowMs();
    probeHost(this.#options).catch((error: unknown) => {
      this.#log.error("host-gate.closed", { error });
      this.close();
    });
  }
}
