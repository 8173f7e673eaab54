import os from "node:os";
import { joinAs, type Attendee } from "../support/attendee";
import type { TerminalClient } from "../support/terminal-client";
import { percentile, printResult } from "./bench-result";
import { untilClusterReady, untilNodesReady } from "./sandboxes/attendee-cluster";
import { withBenchPlatform, type BenchPlatform } from "./sandboxes/bench-platform";
import { outcomesOf } from "./sandboxes/outcomes";
import { readOptions } from "./sandboxes/read-options";
import { typeAndMeasure } from "./sandboxes/typist";

const options = readOptions({ attendees: 16, keys: 120 });
const READY_MS_MAX = 15 * 60_000;
const MIB = 1_024 * 1_024;
/** Presses are spread over so much of the typing: people finish a step when they do, not on a signal. */
const PRESSES_MS = 25_000;

interface Seated {
  readonly attendee: Attendee;
  readonly terminal: TerminalClient;
}

interface Stay {
  readonly attendee: Attendee;
  readonly echoesMs: readonly number[];
  readonly checkMs: number;
}

/**
 * `room [--attendees 16] [--keys 120]`: everybody has a cluster and has seen its node Ready; then everybody types at the pace of a
 * person and has two steps checked meanwhile, at a moment of their own; then everybody asks for the nodes again. `failures` counts
 * whoever did not get all of that.
 */
const result = await withBenchPlatform({ profile: "kubernetes" }, async (platform) => {
  const startedAtMs = performance.now();
  const names = Array.from({ length: options.attendees }, (_, index) => `Room ${index}`);
  const seated = await outcomesOf(names.map((name) => takeSeat(name, platform)));
  const seatedSeconds = (performance.now() - startedAtMs) / 1_000;
  console.error(`${seated.succeeded.length} are Ready after ${Math.round(seatedSeconds)} s`);
  const stays = await outcomesOf(seated.succeeded.map((each, index) => stay(each, index)));
  const left = await outcomesOf(stays.succeeded.map(({ attendee }) => seeNodes(attendee)));
  const echoesMs = stays.succeeded.flatMap((each) => each.echoesMs);
  const checksMs = stays.succeeded.map(({ checkMs }) => checkMs);
  return {
    name: "room",
    figures: {
      echoP50Ms: percentile(echoesMs, 50),
      echoP99Ms: percentile(echoesMs, 99),
      failures: seated.failures + stays.failures + left.failures,
      checkP50Ms: percentile(checksMs, 50),
      checkMsMax: Math.max(...checksMs),
      seatedSeconds,
      loadAverage: os.loadavg()[0] ?? Number.NaN,
      memoryFreeMiB: os.freemem() / MIB,
    },
    baseline: {},
    ratios: {},
  };
});
printResult(result);

async function takeSeat(name: string, platform: BenchPlatform): Promise<Seated> {
  const attendee = await joinAs(name, platform);
  await untilClusterReady(attendee, READY_MS_MAX);
  return { attendee, terminal: await untilNodesReady(attendee) };
}

async function stay({ attendee, terminal }: Seated, seat: number): Promise<Stay> {
  try {
    const [echoesMs, checkMs] = await Promise.all([
      typeAndMeasure(terminal, options.keys),
      measureCheck(attendee, (PRESSES_MS * seat) / options.attendees),
    ]);
    return { attendee, echoesMs, checkMs };
  } finally {
    terminal.close();
  }
}

async function seeNodes(attendee: Attendee): Promise<void> {
  (await untilNodesReady(attendee)).close();
}

/**
 * From the press to the verdict, in ms, on a step that nobody has done, pressed `afterMs` from now; and, untimed because it waits as long
 * as its author says, on the next one, which asks the cluster for objects.
 *
 * @throws when either is not a verdict on the attendee's work
 */
async function measureCheck(attendee: Attendee, afterMs: number): Promise<number> {
  const { cohortId } = attendee;
  const { labs } = await attendee.api.cohorts.enrollment.query({ cohortId });
  const lab = await attendee.api.grading.lab.query({ cohortId, labId: labs[0]?.labId ?? "" });
  const [first, second] = lab.steps;
  const press = async (stepId = ""): Promise<void> => {
    const attempt = await attendee.api.grading.runChecks.mutate({ labSessionId: lab.labSessionId, stepId });
    if (attempt.verdict === "failed") return;
    throw new Error(`${stepId} is ${attempt.verdict}: ${JSON.stringify(attempt.checks)}`);
  };
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  const startedAtMs = performance.now();
  await press(first?.stepId);
  const checkMs = performance.now() - startedAtMs;
  // The limit of one press a second is part of the product.
  await new Promise((resolve) => setTimeout(resolve, 1_050));
  await press(second?.stepId);
  return checkMs;
}
