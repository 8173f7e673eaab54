import { joinAs } from "../support/attendee";
import { percentile, printResult } from "./bench-result";
import { measureUntilReady, type ReadyTimes } from "./sandboxes/attendee-cluster";
import { withBenchPlatform } from "./sandboxes/bench-platform";
import { endClaimed, readCreateMs } from "./sandboxes/platform-database";
import { untilPoolHolds } from "./sandboxes/pool";
import { readOptions } from "./sandboxes/read-options";

const options = readOptions({ claims: 20, pool: 2 });

/**
 * `claim [--claims 20] [--pool 2]`: with warm sandboxes waiting, from the attendee's visit to a live prompt at which
 * `kubectl get nodes` has said Ready; against what the platform took to make each of them.
 */
const result = await withBenchPlatform({ profile: "kubernetes", pool: options.pool }, async (platform) => {
  const samples: ReadyTimes[] = [];
  for (let claim = 0; claim < options.claims; claim += 1) {
    await untilPoolHolds(platform, options.pool);
    samples.push(await measureUntilReady(await joinAs(`Warm ${claim}`, platform)));
    await endClaimed(platform);
  }
  const nodes = samples.map(({ nodesMs }) => nodesMs);
  const claimP50Ms = percentile(nodes, 50);
  const boundP50Ms = percentile(
    samples.map(({ sandboxMs }) => sandboxMs),
    50,
  );
  const createP50Ms = percentile(await readCreateMs(platform), 50);
  return {
    name: "claim",
    figures: { claimP50Ms, claimP95Ms: percentile(nodes, 95), boundP50Ms, claims: samples.length },
    baseline: { createP50Ms },
    ratios: { createOverClaim: createP50Ms / claimP50Ms },
  };
});
printResult(result);
