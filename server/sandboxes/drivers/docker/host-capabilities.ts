/**
 * What a machine with an engine inside needs, found by leaving out one after the other and running the contract suite.
 * Docker's own default list, which the engine inside asks for in turn, and what is marked.
 */
const WANTED = [
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "NET_RAW",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
  // Mounts, namespaces and cgroups of the containers inside.
  "SYS_ADMIN",
  // Bridges, addresses and iptables of the networks inside.
  "NET_ADMIN",
  // Entering a container's namespaces; strace and gdb in labs.
  "SYS_PTRACE",
  // Lowering oom_score_adj and raising ulimits, which the runtime does for containers that ask. Some kernels withhold it.
  "SYS_RESOURCE",
] as const;

/** Bit numbers of the above in a capability mask. @see include/uapi/linux/capability.h */
const BITS: Readonly<Record<(typeof WANTED)[number], number>> = {
  CHOWN: 0,
  DAC_OVERRIDE: 1,
  FOWNER: 3,
  FSETID: 4,
  KILL: 5,
  SETGID: 6,
  SETUID: 7,
  SETPCAP: 8,
  NET_BIND_SERVICE: 10,
  NET_ADMIN: 12,
  NET_RAW: 13,
  SYS_CHROOT: 18,
  SYS_PTRACE: 19,
  SYS_ADMIN: 21,
  SYS_RESOURCE: 24,
  MKNOD: 27,
  AUDIT_WRITE: 29,
  SETFCAP: 31,
};

/**
 * The capabilities of a sandbox on a host whose bounding set is `capBnd` (the hexadecimal mask of `/proc/1/status`): an engine
 * refuses a container that asks for one which the host itself does not have.
 */
export function sandboxCapabilities(capBnd: string): readonly string[] {
  const mask = BigInt(`0x${capBnd}`);
  return WANTED.filter((name) => (mask >> BigInt(BITS[name])) % 2n === 1n);
}
