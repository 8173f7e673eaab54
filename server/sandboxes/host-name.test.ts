import { expect, it } from "vitest";
import { hostNameOf } from "./host-name";
import type { SandboxId } from "./sandbox";

const id = "1a2b3c4d-0000-4000-8000-000000000000" as SandboxId;

it.each([
  ["Ada Lovelace", "ada-lovelace-1a2b"],
  ["  Zoë  O'Brien-Ångström ", "zoe-o-brien-angstrom-1a2b"],
  ["李小龙", "sandbox-1a2b"],
  ["", "sandbox-1a2b"],
  ["-- rm -rf / --", "rm-rf-1a2b"],
  ["$(reboot)\n", "reboot-1a2b"],
])("%j is a host name", (displayName, hostName) => {
  expect(hostNameOf(displayName, id)).toBe(hostName);
});

it("fits the port's 40 characters and stays a legal host name, however long the name", () => {
  for (let length = 1; length <= 120; length += 1) {
    const hostName = hostNameOf("ab ".repeat(40).slice(0, length), id);
    expect(hostName).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/);
  }
});
