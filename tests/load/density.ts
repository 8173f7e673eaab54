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

async function measure(profile: BenchPlatformOptions["profile"]): Promise<IdleFigures> {
  const measured: IdleFigures[] = [];
  await withBenchPlatform({ profile, pool: options.sandboxes }, async (platform) => {
    measured.push(await measureIdle(platform, options.sandboxes));
  });
  const [figures] = measured;
  if (figures === undefined) throw new Error(`${profile} was not measured`);
  return figures;
}

function programFigures({ profile, programsMiB }: IdleFigures): Record<string, number> {
  return Object.fromEntries([...programsMiB].map(([name, ownMiB]) => [`${profile}.${name}`, ownMiB]));
}
