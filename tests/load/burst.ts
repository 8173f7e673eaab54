import { joinAs } from "../support/attendee";
import { percentile, printResult } from "./bench-result";
import { etaErrorPercent, followArrival, type Arrival } from "./sandboxes/arrival";
import { untilNodesReady } from "./sandboxes/attendee-cluster";
import { withBenchPlatform, type BenchPlatform } from "./sandboxes/bench-platform";
import { outcomesOf } from "./sandboxes/outcomes";
import { readCreateMs, readSandboxes } from "./sandboxes/platform-database";
import { untilPoolHolds, untilPoolRests } from "./sandboxes/pool";
import { readOptions } from "./sandboxes/read-options";

const options = readOptions({ attendees: 12, pool: 8 });
const ARRIVAL_MS_MAX = 5 * 60_000;

/**
 * `burst [--attendees 12] [--pool 8]`: all join and visit at the same moment, and each types `kubectl get nodes` as soon as there is a
 * prompt.
 *
 * `failures` counts who did not see Ready. `extraSandboxes` counts what the platform made and nobody needed: beyond one for each
 * attendee and a full pool afterwards. `etaErrorPercent` is how far the first time that was shown to those who had to wait was from
 * what it took, in the mean.
 */
const result = await withBenchPlatform({ profile: "kubernetes", pool: options.pool }, async (platform) => {
  await untilPoolHolds(platform, options.pool);
  const names = Array.from({ length: options.attendees }, (_, index) => `Burst ${index}`);
  const { succeeded, failures } = await outcomesOf(names.map((name) => arrive(name, platform)));
  await untilPoolRests(platform);
  const waited = succeeded.filter(({ wait }) => wait !== null);
  const etaErrors = waited.flatMap((arrival) => etaErrorPercent(arrival) ?? []);
  const nodesMs = succeeded.map((arrival) => arrival.nodesMs);
  return {
    name: "burst",
    figures: {
      failures,
      extraSandboxes: await countExtra(platform),
      etaErrorPercent: etaErrors.reduce((sum, error) => sum + error, 0) / etaErrors.length,
      etaErrorPercentMax: Math.max(...etaErrors),
      waited: waited.length,
      waitedWithoutEta: waited.length - etaErrors.length,
      readyP50Ms: percentile(nodesMs, 50),
      readyMsMax: Math.max(...nodesMs),
    },
    baseline: { createP50Ms: percentile(await readCreateMs(platform), 50) },
    ratios: {},
  };
});
printResult(result);

async function arrive(name: string, platform: BenchPlatform): Promise<Arrival & { nodesMs: number }> {
  const attendee = await joinAs(name, platform);
  const startedAtMs = performance.now();
  const arrival = await followArrival(attendee, ARRIVAL_MS_MAX);
  (await untilNodesReady(attendee)).close();
  return { ...arrival, nodesMs: performance.now() - startedAtMs };
}

async function countExtra(platform: BenchPlatform): Promise<number> {
  const begun = (await readSandboxes(platform)).filter(({ wasBegun }) => wasBegun);
  const kept = begun.filter(({ phase }) => ["provisioning", "ready", "assigned"].includes(phase));
  const claimed = kept.filter(({ isClaimed }) => isClaimed).length;
  const pooled = kept.length - claimed;
  return begun.length - Math.min(claimed, options.attendees) - Math.min(pooled, options.pool);
}
