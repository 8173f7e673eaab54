import { readFile, statfs } from "node:fs/promises";
import os from "node:os";
import type { HostHeadroom } from "../../sandbox-driver";
import type { DataVolumes } from "./data-volumes";
import type { EngineApi } from "./engine-api";

const MIB = 1_024 * 1_024;
/** Said of a host whose disk cannot be looked at: an engine elsewhere refuses by itself when it is full. */
const UNKNOWN_DISK_MIB = 1_048_576;

interface EngineInfo {
  readonly Name: string;
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly DockerRootDir: string;
}

/** What the engine's host has left. Of an engine on another machine only the totals are known. */
export async function readDockerHeadroom({
  engine,
  volumes,
}: {
  readonly engine: EngineApi;
  readonly volumes: DataVolumes;
}): Promise<HostHeadroom> {
  const host = (await engine.call("read engine", (docker) => docker.info())) as EngineInfo;
  const isHere = host.Name === os.hostname();
  const [memoryMiBAvailable, ofVolumes, ofEngine] = await Promise.all([
    isHere ? readAvailableMemoryMiB() : undefined,
    volumes.readAvailableMiB(),
    isHere ? readAvailableDiskMiB(host.DockerRootDir) : undefined,
  ]);
  const memoryMiBTotal = Math.floor(host.MemTotal / MIB);
  return {
    cpuCount: host.NCPU,
    memoryMiBTotal,
    memoryMiBAvailable: memoryMiBAvailable ?? memoryMiBTotal,
    diskMiBAvailable: Math.min(ofVolumes ?? UNKNOWN_DISK_MIB, ofEngine ?? UNKNOWN_DISK_MIB),
    copiesTemplates: volumes.copiesTemplates,
  };
}

async function readAvailableMemoryMiB(): Promise<number | undefined> {
  const text = await readFile("/proc/meminfo", "utf8").catch(() => "");
  const kiB = /^MemAvailable:\s+(\d+)/m.exec(text)?.[1];
  return kiB === undefined ? undefined : Math.floor(Number(kiB) / 1_024);
}

async function readAvailableDiskMiB(folder: string): Promise<number | undefined> {
  const stats = await statfs(folder).catch(() => undefined);
  return stats && Math.floor((stats.bavail * stats.bsize) / MIB);
}
