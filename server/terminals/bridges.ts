import type { Clock } from "../platform/clock";
import { AppError, ERROR_TRAITS } from "../platform/errors";
import type { Logger } from "../platform/logger";
import type { Admission } from "./admit-browser";
import { TerminalBridge, type BrowserSide } from "./terminal-bridge";
import type { TerminalMetrics } from "./terminal-metrics";

export interface BridgesOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: TerminalMetrics;
  readonly noteActivity?: ((enrollmentId: string) => void) | undefined;
}

/** Every open bridge of this process. */
export class Bridges {
  readonly #options: BridgesOptions;
  readonly #open = new Set<TerminalBridge>();

  constructor(options: BridgesOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Joins a browser to its attachment; `onEnd` is called once when the bridge has ended. */
  open({ grant, attachment }: Admission, browser: BrowserSide, onEnd: () => void): TerminalBridge {
    const { clock } = this.#options;
    const bridge: TerminalBridge = new TerminalBridge({
      ...{ grant, attachment, browser, clock },
      onActivity: () => this.#options.noteActivity?.(grant.enrollmentId),
      onEnd: (error) => {
        this.#open.delete(bridge);
        onEnd();
        if (error !== undefined)
          this.refused(error, { actorId: grant.accountId, sandboxId: grant.sandboxId });
      },
    });
    this.#open.add(bridge);
    bridge.start();
    return bridge;
  }

  /** The one log line of a refusal. */
  refused(error: AppError, fields: Readonly<Record<string, unknown>>): void {
    const { log, metrics } = this.#options;
    const { kind, logLevel } = ERROR_TRAITS[error.code];
    metrics.countRefusal(kind);
    const cause = logLevel === "error" ? { error } : { message: error.message };
    log[logLevel]("terminal.refused", { ...fields, code: error.code, ...cause });
  }

  /** Ends what an account has open, because it may no longer. */
  revoke(accountId: string): void {
    for (const bridge of [...this.#open]) {
      if (bridge.grant.accountId !== accountId) continue;
      bridge.refuse(new AppError("account.unauthenticated", "the account's access was revoked"));
    }
  }

  restartAll(): void {
    for (const bridge of [...this.#open]) bridge.restart();
  }
}
