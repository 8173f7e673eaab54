import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ENV_KEYS, parseConfig } from "./config";

it("reports every problem at once", () => {
  expect(() => parseConfig({ SANDBOX_DRIVER: "lxc", DATABASE_URL: "mysql://x" })).toThrow(
    /DATABASE_URL[\s\S]*SANDBOX_DRIVER|SANDBOX_DRIVER[\s\S]*DATABASE_URL/,
  );
});

it("treats an empty string as unset and converts seconds to ms", () => {
  const config = parseConfig({ SANDBOX_DRIVER: "", LEASE_SECONDS: "60" });
  expect(config.sandbox.driver).toBe("docker");
  expect(config.sandbox.leaseMs).toBe(60_000);
});

it("never prints a secret", () => {
  const config = parseConfig({ SESSION_SECRET: "x".repeat(32), DATABASE_URL: "postgres://u:hush@h/db" });
  expect(JSON.stringify(config)).not.toContain("x".repeat(32));
  expect(JSON.stringify(config)).not.toContain("hush");
  expect(String(config.sessionSecret)).toBe("[secret]");
});

it("refuses half of an OIDC configuration", () => {
  expect(() => parseConfig({ OIDC_ISSUER: "https://id.example" })).toThrow(/OIDC_CLIENT_ID/);
});

it("documents every key in .env.example and no other", () => {
  const example = readFileSync(new URL("../../.env.example", import.meta.url), "utf8");
  const documented = [...example.matchAll(/^#?\s?([A-Z][A-Z0-9_]+)=/gm)].map((match) => match[1]);
  expect(documented.sort()).toEqual([...ENV_KEYS].sort());
});
