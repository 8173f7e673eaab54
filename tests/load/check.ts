import type { BoardView } from "../../server/protocol";
import type { ApiClient } from "../support/api-client";
import { becomeInstructor, joinAs, untilSandboxReady, type Attendee } from "../support/attendee";
import { makeDataFolder, removeDataFolder, startPlatform } from "../support/platform";
import { openTerminal } from "../support/terminal-client";
import { percentile, printResult } from "./bench-result";

/** Presses; the first is a warm-up. One a second is as fast as an attendee may press. */
const PRESSES = 30;

/** `check`: from the attendee's press to the verdict on the instructor's board, both over the real server. */
async function bench(): Promise<void> {
  const dataFolder = await makeDataFolder();
  const platform = await startPlatform({ dataFolder });
  try {
    const [instructor, attendee] = [await becomeInstructor(platform), await joinAs("Ada", platform)];
    await untilSandboxReady(attendee);
    const figures = await measure(instructor, attendee);
    printResult({ name: "check", figures, baseline: {}, ratios: {} });
  } finally {
    await platform.stop();
    await removeDataFolder(dataFolder);
  }
}

async function measure(instructor: ApiClient, attendee: Attendee): Promise<Record<string, number>> {
  const { cohortId } = attendee;
  const enrollment = await attendee.api.cohorts.enrollment.query({ cohortId });
  const labId = enrollment.labs[0]?.labId ?? "";
  const lab = await attendee.api.grading.lab.query({ cohortId, labId });
  const stepId = lab.steps[0]?.stepId ?? "";
  const terminal = await openTerminal(attendee, { cohortId });
  await terminal.waitFor(/\$ $/);
  const board = watchFailures(instructor, { cohortId, stepId });
  const [toAnswer, toBoard]: [number[], number[]] = [[], []];
  for (let press = 0; press < PRESSES; press += 1) {
    const startedAtMs = performance.now();
    const seen = board.untilFailures(press + 1);
    const attempt = await attendee.api.grading.runChecks.mutate({ labSessionId: lab.labSessionId, stepId });
    if (attempt.verdict === "errored")
      throw new Error(`the check errored: ${JSON.stringify(attempt.checks)}`);
    const answeredAtMs = performance.now();
    await seen;
    if (press > 0) {
      toAnswer.push(answeredAtMs - startedAtMs);
      toBoard.push(performance.now() - startedAtMs);
    }
    // The limit of one press a second is part of the product, not of what is measured.
    await new Promise((resolve) =>
      setTimeout(resolve, Math.max(1_050 - (performance.now() - startedAtMs), 0)),
    );
  }
  board.stop();
  terminal.close();
  return {
    checkP50Ms: percentile(toBoard, 50),
    checkP95Ms: percentile(toBoard, 95),
    answerP95Ms: percentile(toAnswer, 95),
    presses: toBoard.length,
  };
}

/** Follows the board and resolves when the one attendee's step shows so many failed attempts. */
function watchFailures(instructor: ApiClient, { cohortId, stepId }: { cohortId: string; stepId: string }) {
  const abort = new AbortController();
  let count = 0;
  let check = (): void => undefined;
  const follow = async (): Promise<void> => {
    for await (const view of instructor.subscribe("cohorts.watchBoard", { cohortId }, abort.signal)) {
      const cells = (view as BoardView).attendees.flatMap((attendee) => attendee.cells);
      count = cells.find((cell) => cell.stepId === stepId)?.failedCount ?? 0;
      check();
    }
  };
  const following = follow().catch((error: unknown) => {
    if (!abort.signal.aborted) throw error;
  });
  return {
    untilFailures: (wanted: number) =>
      new Promise<void>((resolve) => {
        check = () => {
          if (count >= wanted) resolve();
        };
        check();
      }),
    stop: () => {
      abort.abort();
      void following;
    },
  };
}

await bench();
