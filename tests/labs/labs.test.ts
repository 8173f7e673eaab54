import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CheckResult, Verdict } from "../../server/grading/attempt";
import { verdictOf } from "../../server/grading/attempt";
import { createTakeSnapshot } from "../../server/grading/collect-evidence";
import { createEvaluateStep } from "../../server/grading/evaluate-step";
import { createPrepareLab } from "../../server/grading/prepare-lab";
import type { Lab, Step } from "../../server/labs/catalog";
import { loadCatalog } from "../../server/labs/load-catalog";
import { systemClock } from "../../server/platform/clock";
import { PROFILES, satisfies, type Profile } from "../../server/protocol/profile";
import { silentLogger } from "../support/silent-logger";
import { findObstacle, startTestSandbox, type TestSandbox } from "../support/test-sandbox";

/** For every step of every lab: failed before, passed after its solution, the same twice, failed when sabotaged, passed again. */

const SCRIPT_MS_MAX = 180_000;
const never = new AbortController().signal;

const { workshops, problems } = await loadCatalog({
  folder: path.resolve(import.meta.dirname, "../../labs"),
  log: silentLogger(),
});
const only = process.env["LAB"];

it("has no lab with anything wrong in it", () => {
  expect(problems).toEqual([]);
});

/** Each lab on the profile that it names; what runs on a cluster, on one of three nodes as well. */
const subjects = workshops
  .flatMap(({ labs }) => labs)
  .filter(({ labId }) => only === undefined || labId === only)
  .flatMap((lab) => profilesOf(lab).map((profile) => ({ lab, labId: lab.labId, profile })));
const obstacles = new Map(
  await Promise.all(PROFILES.map(async (profile) => [profile, await findObstacle(profile)] as const)),
);
/** Where a cluster has to be, one that is not is a failure. */
const mustRun = process.env["CI"] !== undefined || process.env["REQUIRE_KUBERNETES"] === "1";

describe.each(subjects)("lab $labId on $profile", ({ lab, profile }) => {
  const obstacle = obstacles.get(profile);
  if (obstacle !== undefined && profile !== "docker" && !mustRun) {
    it.skip(`needs the profile ${profile}: ${obstacle}`, () => undefined);
    return;
  }
  let sandbox: TestSandbox | undefined;
  const started = (): TestSandbox => {
    if (sandbox === undefined) throw new Error("the sandbox has not started");
    return sandbox;
  };
  beforeAll(async () => {
    sandbox = await startTestSandbox(profile);
    const { agent } = sandbox;
    await createPrepareLab({ agent, log: silentLogger() })({ lab, sandboxId: sandbox.id }, never);
  });
  afterAll(async () => {
    await sandbox?.stop();
  });

  describe.each(lab.steps)("step $stepId", (step) => {
    it("is honest", async () => {
      await judgeHonesty(started(), step);
    });
  });

  it("puts its files there once and leaves them to the attendee", async () => {
    await assertFilesAreLeftAlone(started(), lab);
  });
});

function profilesOf({ profile }: Lab): readonly Profile[] {
  return profile === "docker" ? [profile] : PROFILES.filter((each) => satisfies(each, profile));
}

async function judgeHonesty(sandbox: TestSandbox, step: Step): Promise<void> {
  const { solution, sabotage } = step;
  if (solution === null || sabotage === null)
    throw new Error("a step needs a solution and a sabotage script");
  expect.soft(await judge(sandbox, step, false), "before the work").toHaveVerdict("failed");
  await run(sandbox, solution);
  expect(await judge(sandbox, step, true), "after the solution").toHaveVerdict("passed");
  expect(await judge(sandbox, step, false), "the second time").toHaveVerdict("passed");
  await run(sandbox, sabotage);
  expect.soft(await judge(sandbox, step, false), "after the sabotage").toHaveVerdict("failed");
  // Also what catching up does: a solution works again on what somebody has broken.
  await run(sandbox, solution);
  expect(await judge(sandbox, step, true), "after the solution again").toHaveVerdict("passed");
}

async function judge(sandbox: TestSandbox, step: Step, mayWait: boolean): Promise<readonly CheckResult[]> {
  const evaluate = createEvaluateStep({ takeSnapshot: createTakeSnapshot(sandbox), clock: systemClock });
  return evaluate({ step, sandboxId: sandbox.id, mayWait, signal: never });
}

async function run(sandbox: TestSandbox, script: string): Promise<void> {
  const command = { script: `set -e\n${script}`, user: "attendee", timeoutMs: SCRIPT_MS_MAX } as const;
  const outcome = await sandbox.agent.runCommand(sandbox.id, command, never);
  if (outcome.exitCode !== 0)
    throw new Error(`exit code ${String(outcome.exitCode)} of:\n${script}\n${outcome.stderr}`);
}

async function assertFilesAreLeftAlone(sandbox: TestSandbox, lab: Lab): Promise<void> {
  const [first] = lab.setupFiles;
  if (first === undefined) return;
  await run(sandbox, `rm ~/${first.path}`);
  await createPrepareLab({ agent: sandbox.agent, log: silentLogger() })(
    { lab, sandboxId: sandbox.id },
    never,
  );
  const file = await sandbox.agent.readFile(sandbox.id, { path: `~/${first.path}`, bytesMax: 1 }, never);
  expect(file.kind).toBe("absent");
}

interface VerdictMatchers<Result = unknown> {
  toHaveVerdict(verdict: Verdict): Result;
}

declare module "vitest" {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-explicit-any -- vitest's own form
  interface Matchers<T = any> extends VerdictMatchers<T> {}
}

expect.extend({
  toHaveVerdict(results: readonly CheckResult[], verdict: Verdict) {
    const lines = results.map(
      (each) => `  ${each.verdict} ${each.checkId}: expected "${each.expected}", saw "${each.seen}"`,
    );
    return {
      pass: verdictOf(results) === verdict,
      message: () => `should be ${verdict}:\n${lines.join("\n")}`,
    };
  },
});
