import { describe, expect, it } from "vitest";
import { sandboxCapabilities } from "./host-capabilities";

describe("sandboxCapabilities", () => {
  it("asks for nothing that the host withholds", () => {
    const everything = sandboxCapabilities("000001ffffffffff");
    const withoutSysResource = sandboxCapabilities("000001fffeffffff");
    expect(everything).toContain("SYS_RESOURCE");
    expect(withoutSysResource).toEqual(everything.filter((name) => name !== "SYS_RESOURCE"));
    expect(sandboxCapabilities("0")).toEqual([]);
  });

  it("never asks for what reaches around the container: modules, raw io, reboot, time, files by handle", () => {
    const dangerous = ["SYS_MODULE", "SYS_RAWIO", "SYS_BOOT", "SYS_TIME", "DAC_READ_SEARCH", "BPF", "SYSLOG"];
    expect(sandboxCapabilities("000001ffffffffff").filter((name) => dangerous.includes(name))).toEqual([]);
  });
});
