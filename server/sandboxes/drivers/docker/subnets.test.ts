import { describe, expect, it } from "vitest";
import { bridgeName, registrySubnet, subnetCount, subnetFor } from "./subnets";

const BLOCK = "10.213.0.0/16";

describe("subnets", () => {
  it("gives the same name the same place, and another one at each attempt", () => {
    expect(subnetFor("a", 0, BLOCK)).toEqual(subnetFor("a", 0, BLOCK));
    const all = new Set(
      Array.from({ length: subnetCount(BLOCK) }, (_, attempt) => subnetFor("a", attempt, BLOCK).cidr),
    );
    expect(all.size).toBe(4_095);
  });

  it("never gives away the registry's", () => {
    expect(registrySubnet(BLOCK)).toEqual({
      cidr: "10.213.255.240/28",
      gateway: "10.213.255.241",
      host: "10.213.255.242",
    });
    const small = "10.0.0.0/27";
    for (let attempt = 0; attempt < 10; attempt += 1) {
      expect(subnetFor("x", attempt, small).cidr).toBe("10.0.0.0/28");
    }
  });

  it("names bridges within the kernel's 15 characters", () => {
    expect(bridgeName("6f1c")).toMatch(/^slw[0-9a-f]{12}$/);
  });

  it("refuses a block that is none", () => {
    expect(() => subnetFor("a", 0, "10.0.0.0")).toThrow('"10.0.0.0"');
    expect(() => subnetFor("a", 0, "10.0.0.0/30")).toThrow("/27");
  });
});
