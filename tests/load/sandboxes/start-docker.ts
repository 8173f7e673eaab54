import { joinAs, untilSandboxReady } from "../../support/attendee";
import { makeDataFolder, removeDataFolder, startPlatform, type Platform } from "../../support/platform";
import { openTerminal } from "../../support/terminal-client";
import { percentile, printResult } from "../bench-result";
import { plainEngine } from "./plain-engine";
import { measureSecondStart } from "./second-start";

/** The least that an engine needs inside a container on cgroup v1. */
const PLAIN_ENGINE =
  'mount -o remount,rw /sys; for group in /sys/fs/cgroup/*; do mount -o remount,bind,rw "$group"; done; ' +
  "echo {} > /tmp/daemon.json; exec dockerd --config-file=/tmp/daemon.json --storage-driver=overlay2 --iptables=false --bridge=none";

/**
 * From the attendee's request to the first prompt in a sandbox that did not exist, against the plain way: the same image by
 * `docker run`, an exec'd shell once the inner engine answers. And a second `npm start`, to listening.
 */
export async function benchDockerStart(counts: { starts: number; naive: number }): Promise<void> {
  const serverReadyMs = await measureSecondStart();
  const dataFolder = await makeDataFolder();
  const platform = await startPlatform({ dataFolder });
  try {
    const cold = await measureCold(platform, counts.starts);
    const plainMs = await measurePlain(counts.naive);
    const coldP50Ms = percentile(cold, 50);
    printResult({
      name: "start",
      figures: { coldP50Ms, coldP95Ms: percentile(cold, 95), serverReadyMs },
      baseline: { plainMs },
      ratios: { coldOverPlain: coldP50Ms / plainMs },
    });
  } finally {
    await platform.stop();
    await removeDataFolder(dataFolder);
  }
}

async function measureCold(platform: Platform, starts: number): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let start = 0; start < starts; start += 1) {
    const attendee = await joinAs(`Cold ${start}`, platform);
    const startedAtMs = performance.now();
    await untilSandboxReady(attendee);
    const terminal = await openTerminal(attendee, { cohortId: attendee.cohortId });
    await terminal.waitFor(/\$ $/);
    samples.push(performance.now() - startedAtMs);
    terminal.close();
  }
  return samples;
}

/** Median of the plain way: the image's engine started by hand in a container, then a shell by exec. */
async function measurePlain(starts: number): Promise<number> {
  const samples: number[] = [];
  for (let start = 0; start < starts; start += 1) samples.push(await startPlain());
  return percentile(samples, 50);
}

async function startPlain(): Promise<number> {
  const options = ["--cap-add=SYS_ADMIN", "--cap-add=NET_ADMIN"];
  const engine = plainEngine({ options, script: PLAIN_ENGINE });
  const startedAtMs = performance.now();
  try {
    await engine.start();
    await engine.exec("bash", "-lc", "true");
    return performance.now() - startedAtMs;
  } finally {
    await engine.remove();
  }
}
