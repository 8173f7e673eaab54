import { expect, it } from "vitest";
import { clientKeyOf } from "./client-key";

it.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:0001:2::1", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["unknown", "unknown"],
])("counts %s under %s", (address, key) => {
  expect(clientKeyOf(address)).toBe(key);
});

it("bounds what a header may make of a key", () => {
  expect(clientKeyOf("x".repeat(5_000))).toHaveLength(64);
});
