import type Docker from "dockerode";
import type { Profile } from "../../../protocol";
import { AGENT_PORT, AGENT_RELAY_SOCKET, agentTokenHash } from "../../agent-token";
import type { SandboxSpec } from "../../sandbox-driver";
import type { VolumeMount } from "./data-volumes";
import type { Subnet } from "./subnets";

const CPU_PERIOD_US = 100_000;
const MIB = 1_024 * 1_024;

export interface SandboxContainerPlan {
  readonly spec: SandboxSpec;
  readonly name: string;
  readonly image: string;
  readonly labels: Record<string, string>;
  readonly network: { readonly name: string; readonly subnet: Subnet };
  readonly volume: VolumeMount;
  readonly capabilities: readonly string[];
  /** Address of the class registry, whether one runs or not. */
  readonly registryHost: string;
}

/** Name under which every sandbox finds the class registry; the image's engine has it as its mirror. */
export const REGISTRY_ALIAS = "registry";
export const REGISTRY_PORT = 5_000;
/** The account of the image that terminals and commands run as. */
const ATTENDEE = "attendee";

/**
 * What the engine is asked for: everything a nested engine needs by name, never `Privileged`, which would hand over every
 * device and capability of the host.
 *
 * @see docs/adr/0007-sandbox-isolation.md
 */
export function sandboxContainer(
  plan: SandboxContainerPlan,
): Docker.ContainerCreateOptions & { name: string } {
  const { spec, network, volume } = plan;
  return {
    name: plan.name,
    Image: plan.image,
    Hostname: spec.hostName,
    Labels: plan.labels,
    HostConfig: {
      NetworkMode: network.name,
      ExtraHosts: [`${REGISTRY_ALIAS}:${plan.registryHost}`],
      Mounts: [{ Type: volume.type, Source: volume.source, Target: "/.volume" }],
      RestartPolicy: { Name: "no" },
      LogConfig: { Type: "json-file", Config: { "max-size": "2m", "max-file": "2" } },
      ...isolationOf(plan.capabilities),
      ...limitsOf(spec.limits),
    },
    NetworkingConfig: {
      EndpointsConfig: { [network.name]: { IPAMConfig: { IPv4Address: network.subnet.host } } },
    },
  };
}

/**
 * The agent's settings, put into the container before it starts. Of the token it has the hash only, so nothing readable in the
 * sandbox opens the agent.
 */
export function agentSettings(token: string, profile: Profile): string {
  return JSON.stringify({
    tokenHash: agentTokenHash(token),
    port: AGENT_PORT,
    relaySocketPath: AGENT_RELAY_SOCKET,
    user: ATTENDEE,
    profile,
  });
}

/**
 * Any node may be made, as images and containers in containers do; what may be opened are the devices that hold nothing of the host: null,
 * zero, full, random, urandom, terminals, a tunnel, FUSE. Block devices are the host's disks, and so are some of the character devices
 * (SCSI generic, NVMe). The same list is in `sandbox-images/sandbox/rootfs/opt/slipway/runc-narrow`, for privileged containers inside.
 */
const DEVICE_RULES = [
  ...["c *:* m", "b *:* m"],
  ...["1:3", "1:5", "1:7", "1:8", "1:9", "5:0", "5:1", "5:2", "136:*", "10:200", "10:229"].map(
    (device) => `c ${device} rwm`,
  ),
] as const;

function isolationOf(capabilities: readonly string[]): Docker.HostConfig & { CgroupnsMode: string } {
  return {
    Privileged: false,
    CapDrop: ["ALL"],
    CapAdd: [...capabilities],
    // A nested engine mounts, unshares and writes below /proc/sys, all of which the default profiles refuse.
    SecurityOpt: ["seccomp=unconfined", "apparmor=unconfined"],
    MaskedPaths: [],
    ReadonlyPaths: [],
    DeviceCgroupRules: [...DEVICE_RULES],
    CgroupnsMode: "private",
    IpcMode: "private",
    Sysctls: { "net.ipv6.conf.all.disable_ipv6": "1", "net.ipv6.conf.default.disable_ipv6": "1" },
  };
}

function limitsOf({ memoryMiB, cpuMillis, pidsMax }: SandboxSpec["limits"]): Docker.HostConfig {
  return {
    Memory: memoryMiB * MIB,
    // Equal to Memory means no swap.
    MemorySwap: memoryMiB * MIB,
    // Not NanoCpus: the engine refuses more of those than its host has, whereas a quota beyond that is no limit.
    CpuPeriod: CPU_PERIOD_US,
    CpuQuota: (cpuMillis * CPU_PERIOD_US) / 1_000,
    PidsLimit: pidsMax,
  };
}
