import type { Lab, Step } from "../labs/catalog";
import type { Clock } from "../platform/clock";
import { ERROR_TRAITS, toAppError } from "../platform/errors";
import type { EventBus } from "../platform/events";
import type { Logger } from "../platform/logger";
import type { SandboxAgent } from "../sandboxes/sandbox-agent";
import type { SandboxId } from "../sandboxes/sandbox";
import type { AttemptStore, LabSessionRecord } from "./attempt-store";
import type { PrepareLab } from "./prepare-lab";
import type { StepRunner } from "./run-step-checks";
import { watchCluster, watchedKindsOf } from "./watch-cluster";
import { watchEngine } from "./watch-engine";

export interface AutomaticCheckerDeps {
  readonly store: Pick<AttemptStore, "listSteps">;
  readonly runner: Pick<StepRunner, "tryPass">;
  readonly prepareLab: PrepareLab;
  readonly findSandboxId: (enrollmentId: string) => Promise<SandboxId | undefined>;
  readonly agent: Pick<SandboxAgent, "openTunnel" | "readFile">;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface WatchedLab {
  readonly labSession: LabSessionRecord;
  readonly lab: Lab;
}

/** One command often makes several events: judged once, when they are over. */
const DEBOUNCE_MS = 150;
/** A sandbox that makes events without end is looked at no more often than this. */
const GAP_MS_MIN = 500;
/** Files, ports and commands announce nothing. */
const POLL_MS = 5_000;
/** The safety net under lost events of engine and cluster. */
const ENGINE_POLL_MS = 15_000;
/** How long an attendee waits for the lab's files once the sandbox answers, at worst. */
const ABSENT_POLL_MS = 3_000;

/**
 * Ticks steps off while somebody looks at the lab: judges the first step that is not passed, and the one that is open,
 * whenever something changes in the sandbox. One watch a lab session however many tabs there are; it ends with the last.
 */
export class AutomaticChecker {
  readonly #deps: AutomaticCheckerDeps;
  readonly #watches = new Map<string, LabWatch>();
  readonly #ending = new Set<Promise<void>>();

  constructor(deps: AutomaticCheckerDeps) {
    this.#deps = deps;
  }

  /** Watches until the returned function is called as often as this was. */
  watch(subject: WatchedLab): () => void {
    const { labSessionId } = subject.labSession;
    const watch = this.#watches.get(labSessionId) ?? new LabWatch(this.#deps, subject);
    this.#watches.set(labSessionId, watch);
    watch.holders += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      watch.holders -= 1;
      if (watch.holders > 0) return;
      this.#watches.delete(labSessionId);
      const ending = watch.stop().finally(() => this.#ending.delete(ending));
      this.#ending.add(ending);
    };
  }

  /** Says which step the attendee has before them. */
  noteOpenStep(labSessionId: string, stepId: string): void {
    this.#watches.get(labSessionId)?.noteOpenStep(stepId);
  }

  /** Ends every watch and waits for what they are in the middle of. */
  async stop(): Promise<void> {
    const watches = [...this.#watches.values()];
    this.#watches.clear();
    await Promise.all([...watches.map((watch) => watch.stop()), ...this.#ending]);
  }
}

class LabWatch {
  holders = 0;
  readonly #deps: AutomaticCheckerDeps;
  readonly #subject: WatchedLab;
  readonly #abort = new AbortController();
  readonly #loop: Promise<void>;
  readonly #unsubscribe: () => void;
  #bell = new AbortController();
  #openStepId: string | undefined;
  #preparedSandboxId: SandboxId | undefined;
  /** The sandbox whose engine and cluster are listened to. */
  #followed:
    | { readonly sandboxId: SandboxId; readonly abort: AbortController; readonly ended: Promise<unknown> }
    | undefined;

  constructor(deps: AutomaticCheckerDeps, subject: WatchedLab) {
    this.#deps = deps;
    this.#subject = subject;
    this.#unsubscribe = deps.events.subscribe((event) => {
      if (event.kind === "sandbox.changed" && event.enrollmentId === subject.labSession.enrollmentId)
        this.#ring();
    });
    this.#loop = this.#run();
  }

  noteOpenStep(stepId: string): void {
    this.#openStepId = stepId;
    this.#ring();
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#abort.abort();
    this.#ring();
    await this.#loop;
    await this.#leaveSandbox();
  }

  #ring(): void {
    this.#bell.abort();
  }

  async #run(): Promise<void> {
    const { clock } = this.#deps;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      this.#bell = new AbortController();
      let pauseMs = ABSENT_POLL_MS;
      try {
        pauseMs = await this.#lookOnce(signal);
      } catch (caught) {
        this.#report(caught);
      }
      await clock.sleep(GAP_MS_MIN - DEBOUNCE_MS, signal);
      await clock.sleep(pauseMs, this.#bell.signal);
      await clock.sleep(DEBOUNCE_MS, signal);
    }
  }

  #report(caught: unknown): void {
    if (this.#abort.signal.aborted) return;
    const error = toAppError(caught);
    this.#deps.log[ERROR_TRAITS[error.code].logLevel]("automatic-check.failed", { code: error.code, error });
  }

  /** One round; answers how long to wait when nothing happens. */
  async #lookOnce(signal: AbortSignal): Promise<number> {
    const { labSession, lab } = this.#subject;
    const sandboxId = await this.#deps.findSandboxId(labSession.enrollmentId);
    if (sandboxId === undefined) {
      await this.#leaveSandbox();
      return ABSENT_POLL_MS;
    }
    await this.#followSandbox(sandboxId);
    if (this.#preparedSandboxId !== sandboxId) {
      await this.#deps.prepareLab({ lab, sandboxId }, signal);
      this.#preparedSandboxId = sandboxId;
    }
    const steps = await this.#stepsToJudge();
    for (const step of steps) {
      const attempt = await this.#deps.runner.tryPass({ labSession, lab, step, sandboxId }, signal);
      // The next step may hold already: the attendee was faster than we.
      if (attempt !== undefined) this.#ring();
    }
    return steps.some(isSilent) ? POLL_MS : ENGINE_POLL_MS;
  }

  async #stepsToJudge(): Promise<readonly Step[]> {
    const { lab, labSession } = this.#subject;
    const records = await this.#deps.store.listSteps(labSession.labSessionId);
    const passed = new Set(records.filter(({ passedAt }) => passedAt !== null).map(({ stepId }) => stepId));
    const left = lab.steps.filter(({ stepId }) => !passed.has(stepId));
    const open = left.find(({ stepId }) => stepId === this.#openStepId);
    return left.slice(0, 1).concat(open === undefined || open === left[0] ? [] : [open]);
  }

  async #followSandbox(sandboxId: SandboxId): Promise<void> {
    if (this.#followed?.sandboxId === sandboxId) return;
    await this.#leaveSandbox();
    const abort = new AbortController();
    const { agent, clock } = this.#deps;
    const onChange = (): void => {
      this.#ring();
    };
    const options = { agent, clock, sandboxId, onChange, signal: abort.signal };
    const queries = watchedKindsOf(this.#subject.lab);
    const ended = Promise.all([watchEngine(options), watchCluster({ ...options, queries })]);
    this.#followed = { sandboxId, abort, ended };
  }

  async #leaveSandbox(): Promise<void> {
    const followed = this.#followed;
    this.#followed = undefined;
    followed?.abort.abort();
    await followed?.ended;
  }
}

/** Whether the step asks for something that neither engine nor cluster announces. */
function isSilent(step: Step): boolean {
  return step.checks.some(({ kind }) => kind === "http" || kind === "file" || kind === "command");
}
