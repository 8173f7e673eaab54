import type { Catalog } from "../labs/catalog";
import type { FindEnrollment } from "../platform/actor";
import type { Clock } from "../platform/clock";
import type { Database } from "../platform/database/database";
import type { EventBus } from "../platform/events";
import type { Logger } from "../platform/logger";
import type { RateLimits } from "../platform/rate-limits";
import type { SandboxAgent } from "../sandboxes/sandbox-agent";
import type { SandboxId } from "../sandboxes/sandbox";
import { createAttemptStore } from "./attempt-store";
import { AutomaticChecker } from "./automatic-checker";
import { loadClusterClient } from "./cluster-reader";
import { createTakeSnapshot } from "./collect-evidence";
import { createEvaluateStep } from "./evaluate-step";
import { createPrepareLab } from "./prepare-lab";
import { createProgressStore } from "./progress-store";
import { createReadProgress, type ReadProgress } from "./read-progress";
import { createGradingRouter } from "./router";
import { createStepRunner } from "./run-step-checks";

export interface GradingOptions {
  readonly database: Database;
  readonly catalog: Catalog;
  readonly agent: SandboxAgent;
  readonly findEnrollment: FindEnrollment;
  readonly findWorkshopOfCohort: (cohortId: string) => Promise<string | undefined>;
  readonly findSandboxId: (enrollmentId: string) => Promise<SandboxId | undefined>;
  readonly rateLimits: RateLimits;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The grading room, put together. */
export interface Grading {
  readonly router: ReturnType<typeof createGradingRouter>;
  /** Ends every watch and every run of checks. Resolves when nothing of this room is under way. */
  stop(): Promise<void>;
}

/** A person who presses again and again is served at one run a second; the first few come at once. */
const RUNS_MAX = 5;
const RUNS_WINDOW_SECONDS = 5;

/** What the board reads; apart from `createGrading`, because the cohorts room is made before it and asked by it. */
export function createProgressReader(database: Database): ReadProgress {
  return createReadProgress({ store: createProgressStore(database) });
}

export function createGrading(options: GradingOptions): Grading {
  const { database, agent, clock, log, events, catalog } = options;
  if (hasClusterLabs(catalog)) {
    // Nobody is here yet to be held up by it. Whoever needs it will find out if it cannot be loaded.
    loadClusterClient().catch(() => undefined);
  }
  const abort = new AbortController();
  const store = createAttemptStore(database);
  const evaluate = createEvaluateStep({ takeSnapshot: createTakeSnapshot({ agent }), clock });
  const limit = options.rateLimits.limitAttempts({
    name: "check-runs",
    attemptsMax: RUNS_MAX,
    windowSeconds: RUNS_WINDOW_SECONDS,
  });
  const runner = createStepRunner({ store, evaluate, events, clock, log, limit });
  const prepareLab = createPrepareLab({ agent, log });
  const checker = new AutomaticChecker({ ...options, store, runner, prepareLab });
  return {
    router: createGradingRouter({ ...options, store, runner, checker, signal: abort.signal }),
    stop: async () => {
      abort.abort();
      await checker.stop();
    },
  };
}

function hasClusterLabs(catalog: Catalog): boolean {
  return catalog.workshops().some(({ labs }) => labs.some(({ profile }) => profile !== "docker"));
}
