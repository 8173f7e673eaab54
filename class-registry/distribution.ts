import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import type { Clock } from "../server/platform/clock";

export interface DistributionOptions {
  readonly configFile: string;
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** Asked before every start; the process is not started until it answers true. */
  readonly mayStart?: () => Promise<boolean>;
}

const RESTART_MS = 1_000;
/** How often a start that may not be yet is asked for again. */
const ASK_AGAIN_MS = 30_000;

/** One process of Distribution, kept running until `stop()`. */
export class Distribution {
  readonly #options: DistributionOptions;
  readonly #abort = new AbortController();
  #child: ChildProcess | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: DistributionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop ??= this.#keepRunning();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#child?.kill("SIGTERM");
    await this.#loop;
  }

  /** Whether it takes connections. */
  isListening(): Promise<boolean> {
    if (this.#child === undefined) return Promise.resolve(false);
    return new Promise((resolve) => {
      const socket = connect(this.#options.port, "127.0.0.1");
      const answer = (isListening: boolean): void => {
        socket.destroy();
        resolve(isListening);
      };
      socket.once("connect", () => {
        answer(true);
      });
      socket.once("error", () => {
        answer(false);
      });
    });
  }

  async #keepRunning(): Promise<void> {
    const { configFile, env, clock, mayStart = () => Promise.resolve(true) } = this.#options;
    const { signal } = this.#abort;
    while (!this.#isStopped()) {
      if (!(await mayStart().catch(() => false))) {
        await clock.sleep(ASK_AGAIN_MS, signal);
        continue;
      }
      // Stopped while that was asked.
      if (this.#isStopped()) return;
      const child = spawn("docker-registry", ["serve", configFile], { env: { ...env }, stdio: "inherit" });
      this.#child = child;
      await Promise.race([once(child, "exit"), once(child, "error")]);
      this.#child = undefined;
      await clock.sleep(RESTART_MS, signal);
    }
  }

  #isStopped(): boolean {
    return this.#abort.signal.aborted;
  }
}
