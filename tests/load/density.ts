import { printResult } from "./bench-result";
import { withBenchPlatform, type BenchPlatformOptions } from "./sandboxes/bench-platform";
import { measureIdle, type IdleFigures } from "./sandboxes/idle-sandboxes";
import { readOptions } from "./sandboxes/read-options";

const options = readOptions({ sandboxes: 3 });

/**
 * `density [--sandboxes 3]`: memory of idle sandboxes of either profile by their control groups, without page cache, once it has
 * settled, with the programs that have most of it (their anonymous memory), and what they take of the disk.
 */
const docker = await measure("docker");
const kubernetes = await measure("kubernetes");
printResult({
  name: "density",
  figures: {
    kubernetesIdleMiB: kubernetes.memoryMiB,
    dockerIdleMiB: docker.memoryMiB,
    freshDiskMiB: kubernetes.freshDiskMiB,
    settledDiskMiB: kubernetes.settledDiskMiB,
    dockerFreshDiskMiB: docker.freshDiskMiB,
    ...programFigures(kubernetes),
    ...programFigures(docker),
  },
  baseline: {},
  ratios: {},
});

function measure(profile: BenchPlatformOptions["profile"]): Promise<IdleFigures> {
  return withBenchPlatform({ profile, pool: options.sandboxes }, (platform) =>
    measureIdle(platform, options.sandboxes),
  );
}

function programFigures({ profile, programsMiB }: IdleFigures): Record<string, number> {
  return Object.fromEntries([...programsMiB].map(([name, ownMiB]) => [`${profile}.${name}`, ownMiB]));
}
