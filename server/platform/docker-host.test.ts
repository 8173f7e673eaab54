import { describe, expect, it } from "vitest";
import { parseDockerHost } from "./docker-host";

describe("parseDockerHost", () => {
  it("reads socket files with and without a scheme", () => {
    expect(parseDockerHost("unix:///run/docker.sock")).toEqual({ socketPath: "/run/docker.sock" });
    expect(parseDockerHost("/run/docker.sock")).toEqual({ socketPath: "/run/docker.sock" });
  });

  it("fills in Docker's ports", () => {
    expect(parseDockerHost("tcp://box")).toEqual({ host: "box", port: 2_375, protocol: "http" });
    expect(parseDockerHost("https://box")).toEqual({ host: "box", port: 2_376, protocol: "https" });
    expect(parseDockerHost("tcp://10.0.0.1:99")).toEqual({ host: "10.0.0.1", port: 99, protocol: "http" });
  });

  it("refuses what it cannot speak, naming it", () => {
    expect(() => parseDockerHost("ssh://box")).toThrow('"ssh://box"');
    expect(() => parseDockerHost("docker")).toThrow('"docker"');
  });
});
