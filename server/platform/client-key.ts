import { isIPv4, isIPv6 } from "node:net";

/**
 * What limits count a client under: the IPv4 address, or the first 64 bits of an IPv6 one, since a single IPv6 customer
 * has at least that many to rotate through. Anything else counts under itself, cut to 64 characters.
 */
export function clientKeyOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  const withoutZone = address.replace(/%.*$/, "");
  if (!isIPv6(withoutZone)) return address.slice(0, 64);
  return `${expandPrefix(withoutZone).join(":")}::/64`;
}

function expandPrefix(address: string): string[] {
  const [head = "", tail] = address.toLowerCase().split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array.from({ length: Math.max(0, missing) }, () => "0"), ...after];
  return groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""));
}
