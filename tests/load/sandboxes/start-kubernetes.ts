import { joinAs } from "../../support/attendee";
import { percentile, printResult } from "../bench-result";
import { measureUntilReady, type ReadyTimes } from "./attendee-cluster";
import { withBenchPlatform } from "./bench-platform";
import { prepareNaiveCluster, type NaiveTimes } from "./naive-cluster";
import { endClaimed } from "./platform-database";

/** From an attendee's visit to a prompt at which the node is Ready, with no sandbox waiting, against the plain way to a cluster. */
export async function benchKubernetesStart(counts: { starts: number; naive: number }): Promise<void> {
  const result = await withBenchPlatform({ profile: "kubernetes" }, async (platform) => {
    const startNaively = await prepareNaiveCluster(platform);
    const naive: NaiveTimes[] = [];
    const cold: ReadyTimes[] = [];
    // They take turns, so that whatever else the machine does meets both.
    for (let turn = 0; turn < Math.max(counts.starts, counts.naive); turn += 1) {
      if (turn < counts.naive) naive.push(await startNaively());
      if (turn >= counts.starts) continue;
      cold.push(await measureUntilReady(await joinAs(`Cold ${turn}`, platform)));
      await endClaimed(platform);
    }
    const median = <Times>(times: readonly Times[], of: (each: Times) => number): number =>
      percentile(times.map(of), 50);
    const nodesMs = cold.map((each) => each.nodesMs);
    const coldP50Ms = percentile(nodesMs, 50);
    const naiveMs = median(naive, ({ totalMs }) => totalMs);
    return {
      name: "start",
      figures: {
        coldP50Ms,
        coldP95Ms: percentile(nodesMs, 95),
        sandboxP50Ms: median(cold, ({ sandboxMs }) => sandboxMs),
      },
      baseline: {
        naiveMs,
        naiveEngineMs: median(naive, ({ engineMs }) => engineMs),
        naiveLoadMs: median(naive, ({ loadMs }) => loadMs),
        naiveCreateMs: median(naive, ({ createMs }) => createMs),
      },
      ratios: { naiveOverCold: naiveMs / coldP50Ms },
    };
  });
  printResult(result);
}
