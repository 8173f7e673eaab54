import { describe, expect, it } from "vitest";
import { aptBuildArgs, parseHostApt } from "./host-apt";

const TARGETS = `http://apt.example/debian|Debian|Debian|main
http://apt.example/debian|Debian|Debian|contrib
http://apt.example/debian-security/|Debian|Debian-Security|main
https://packages.example/apt|Example|Example|main
`;

describe("parseHostApt", () => {
  it("finds Debian's own archives among others", () => {
    const apt = parseHostApt(TARGETS, "");
    expect(apt.mirror).toBe("http://apt.example/debian");
    expect(apt.securityMirror).toBe("http://apt.example/debian-security");
  });

  it("knows no Debian mirror on Ubuntu, and none that a container could not reach", () => {
    expect(parseHostApt("http://archive.ubuntu.com/ubuntu|Ubuntu|Ubuntu|main\n", "").mirror).toBeUndefined();
    expect(parseHostApt("file:/srv/debian|Debian|Debian|main\n", "").mirror).toBeUndefined();
  });

  it("takes proxies along, and nothing that names this machine's files", () => {
    const dump = `Acquire::http::Proxy "http://proxy:3142";
Acquire::http::Proxy-Auto-Detect "/usr/bin/auto-apt-proxy";
Acquire::https::CaInfo "/etc/ssl/own.pem";
Acquire::Check-Valid-Until "false";
Dir::Cache "var/cache/apt";
`;
    expect(parseHostApt(TARGETS, dump).options).toEqual([
      'Acquire::http::Proxy "http://proxy:3142";',
      'Acquire::Check-Valid-Until "false";',
    ]);
  });

  it("gives a build only what is known", () => {
    expect(aptBuildArgs({ mirror: undefined, securityMirror: undefined, options: [] })).not.toHaveProperty(
      "APT_CONF",
    );
  });
});
