import { joinAs } from "../support/attendee";
import { percentile, printResult } from "./bench-result";
import { measureUntilReady } from "./sandboxes/attendee-cluster";
import { withBenchPlatform } from "./sandboxes/bench-platform";
import { putToSleep } from "./sandboxes/platform-database";
import { readOptions } from "./sandboxes/read-options";

const options = readOptions({ wakes: 7 });

/**
 * `wake [--wakes 7]`: one sandbox, asleep, from its attendee's visit to a prompt at which `kubectl get nodes` has said Ready, which it
 * says of what nodes told after waking; against the same sandbox's first start in this run.
 */
const result = await withBenchPlatform({ profile: "kubernetes" }, async (platform) => {
  const attendee = await joinAs("Sleeper", platform);
  const { nodesMs: createMs } = await measureUntilReady(attendee);
  const samples: number[] = [];
  for (let wake = 0; wake < options.wakes; wake += 1) {
    await putToSleep(platform);
    samples.push((await measureUntilReady(attendee)).nodesMs);
  }
  const wakeP50Ms = percentile(samples, 50);
  return {
    name: "wake",
    figures: { wakeP50Ms, wakeMsMax: Math.max(...samples), wakes: samples.length },
    baseline: { createMs },
    ratios: { wakeOverCreate: wakeP50Ms / createMs },
  };
});
printResult(result);
