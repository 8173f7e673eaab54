import { describe, expect, it } from "vitest";
import { forgottenPrefixes, registryCredentialsOf, registryPrefixOf } from "./class-registry";

const PREFIX = /^[a-z0-9][a-z0-9-]{1,38}$/;
const owner = { installationId: "installation-1", enrollmentId: "enrollment-1" };

describe("registryPrefixOf", () => {
  it.each(["Ada Lovelace", "Zoë", "李雷", "", "--__--", "x".repeat(120), "a".repeat(23) + " b"])(
    "makes of %j a name that a registry takes",
    (name) => {
      const prefix = registryPrefixOf(name, owner);
      expect(prefix).toMatch(PREFIX);
      expect(prefix).toMatch(/^[a-z0-9]+(-+[a-z0-9]+)*$/);
    },
  );
  it("shows the attendee's name, and differs for namesakes", () => {
    expect(registryPrefixOf("Zoë Ada", owner)).toMatch(/^zoe-ada-/);
    const namesake = registryPrefixOf("Zoë Ada", { ...owner, enrollmentId: "enrollment-2" });
    expect(namesake).not.toBe(registryPrefixOf("Zoë Ada", owner));
  });
});

describe("registryCredentialsOf", () => {
  it("derives another password for another prefix, and for another secret", () => {
    const { password } = registryCredentialsOf("secret", "ada-1");
    expect(password).toMatch(/^[A-Za-z0-9_-]{32}$/);
    expect(registryCredentialsOf("secret", "ada-2").password).not.toBe(password);
    expect(registryCredentialsOf("secret 2", "ada-1").password).not.toBe(password);
  });
});

describe("forgottenPrefixes", () => {
  it("keeps the known whatever they call themselves now, and what is another installation's", () => {
    const kept = registryPrefixOf("Ada", owner);
    const gone = registryPrefixOf("Bob", { ...owner, enrollmentId: "enrollment-2" });
    const foreign = registryPrefixOf("Eve", { installationId: "installation-2", enrollmentId: "e" });
    const prefixes = [kept, gone, foreign, "library", "by-hand"];
    expect(forgottenPrefixes(prefixes, owner.installationId, ["enrollment-1"])).toEqual([gone]);
  });
});
