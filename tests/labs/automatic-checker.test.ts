import { expect, it } from "vitest";
import { AutomaticChecker } from "../../server/grading/automatic-checker";
import { createTakeSnapshot } from "../../server/grading/collect-evidence";
import { createEvaluateStep } from "../../server/grading/evaluate-step";
import { createPrepareLab } from "../../server/grading/prepare-lab";
import type { StepRunner } from "../../server/grading/run-step-checks";
import { verdictOf } from "../../server/grading/attempt";
import type { Lab } from "../../server/labs/catalog";
import { loadCatalog } from "../../server/labs/load-catalog";
import { systemClock } from "../../server/platform/clock";
import { MemoryEventBus } from "../../server/platform/memory-event-bus";
import { waitUntil } from "../../server/platform/wait-until";
import { silentLogger } from "../support/silent-logger";
import { startTestSandbox, type TestSandbox } from "../support/test-sandbox";

const never = new AbortController().signal;
/** Well under every poll of the checker: only the engine's events can be this fast. */
const TICK_MS_MAX = 3_000;

async function firstLab(): Promise<Lab> {
  const { workshops } = await loadCatalog({ folder: "labs", log: silentLogger() });
  const lab = workshops.flatMap(({ labs }) => labs).find(({ labId }) => labId === "first-containers");
  if (lab === undefined) throw new Error("the first lab is gone");
  return lab;
}

/** A runner that judges for real and remembers instead of writing. */
function rememberingRunner(sandbox: TestSandbox, passed: Map<string, Date>): Pick<StepRunner, "tryPass"> {
  const evaluate = createEvaluateStep({ takeSnapshot: createTakeSnapshot(sandbox), clock: systemClock });
  return {
    tryPass: async ({ step, sandboxId }, signal) => {
      const checks = await evaluate({ step, sandboxId, mayWait: false, signal });
      if (verdictOf(checks) === "passed") passed.set(step.stepId, new Date());
      return undefined;
    },
  };
}

it("ticks a step off as soon as the sandbox's engine says that something happened", async () => {
  const lab = await firstLab();
  const sandbox = await startTestSandbox();
  const passed = new Map<string, Date>();
  const log = silentLogger();
  const checker = new AutomaticChecker({
    store: {
      listSteps: async () =>
        [...passed].map(([stepId, passedAt]) => ({ stepId, passedAt, hintCount: 0, solutionShownAt: null })),
    },
    runner: rememberingRunner(sandbox, passed),
    prepareLab: createPrepareLab({ agent: sandbox.agent, log }),
    findSandboxId: async () => sandbox.id,
    agent: sandbox.agent,
    events: new MemoryEventBus(),
    clock: systemClock,
    log,
  });
  try {
    const labSession = {
      labSessionId: "s",
      enrollmentId: "e",
      cohortId: "c",
      labId: lab.labId,
      finishedAt: null,
    };
    const release = checker.watch({ lab, labSession });
    const run = (script: string) =>
      sandbox.agent.runCommand(sandbox.id, { script, user: "attendee", timeoutMs: 60_000 }, never);
    const ticks = (stepId: string) =>
      waitUntil(`${stepId} ticks itself off`, () => passed.has(stepId), {
        timeoutMs: TICK_MS_MAX,
        clock: systemClock,
      });
    await run("docker run hello-world");
    await ticks("hello");
    await run("docker pull busybox && docker tag busybox toolbox:1");
    await ticks("images");
    await run("docker run --detach --name clock busybox sleep 600");
    await ticks("start");
    await run("docker pause clock");
    await ticks("pause");
    await run("docker unpause clock");
    expect(passed.has("stop")).toBe(false);
    release();
  } finally {
    await checker.stop();
    await sandbox.stop();
  }
});
