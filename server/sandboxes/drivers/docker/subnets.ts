import { createHash } from "node:crypto";

/** How much of the address block one sandbox has: 14 addresses, of which it uses one. */
const ADDRESSES_PER_SUBNET = 16;

export interface Subnet {
  /** `10.213.4.32/28` */
  readonly cidr: string;
  readonly gateway: string;
  /** The one machine in it. */
  readonly host: string;
}

/**
 * The `attempt`-th place in `block` to try for what is called `name`. Deterministic, so that a create that is repeated
 * finds what the first one made; attempts walk through the whole block. The last subnet is never given: it is the class
 * registry's, see `registrySubnet`.
 */
export function subnetFor(name: string, attempt: number, block: string): Subnet {
  const { base, count } = parseBlock(block);
  const start = createHash("sha256").update(name).digest().readUInt32BE(0);
  return subnetAt(base, (start + attempt) % (count - 1));
}

/** The last subnet of the block, fixed so that firewall rules and host names need not ask for it. */
export function registrySubnet(block: string): Subnet {
  const { base, count } = parseBlock(block);
  return subnetAt(base, count - 1);
}

/** How many subnets `block` has for sandboxes. */
export function subnetCount(block: string): number {
  return parseBlock(block).count - 1;
}

/** At most 15 characters, the kernel's limit. All begin alike, so that one firewall rule covers them. */
export function bridgeName(name: string): string {
  return `${BRIDGE_PREFIX}${createHash("sha256").update(name).digest("hex").slice(0, 12)}`;
}

/** Every sandbox's bridge interface on the engine's host begins with this. */
export const BRIDGE_PREFIX = "slw";

function parseBlock(block: string): { base: number; count: number } {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(block);
  const [a, b, c, d, bits] = (match ?? []).slice(1).map(Number);
  if (a === undefined || b === undefined || c === undefined || d === undefined || bits === undefined) {
    throw new Error(`"${block}" is no address block`);
  }
  if (bits < 8 || bits > 27) throw new Error(`address block ${block} must have a prefix between /8 and /27`);
  const base = ((a * 256 + b) * 256 + c) * 256 + d;
  return { base, count: 2 ** (32 - bits) / ADDRESSES_PER_SUBNET };
}

function subnetAt(base: number, index: number): Subnet {
  const first = base + index * ADDRESSES_PER_SUBNET;
  return { cidr: `${dotted(first)}/28`, gateway: dotted(first + 1), host: dotted(first + 2) };
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
