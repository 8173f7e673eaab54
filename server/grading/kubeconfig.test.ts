import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { readKubeconfig } from "./kubeconfig";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

function config({
  cluster = {},
  user = {},
  top = {},
}: {
  readonly cluster?: object;
  readonly user?: object;
  readonly top?: object;
} = {}): string {
  const server = { server: "https://127.0.0.1:41234", "certificate-authority-data": base64("CA") };
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "kind-kind",
    contexts: [
      { name: "other", context: { cluster: "other", user: "other" } },
      { name: "kind-kind", context: { cluster: "kind-kind", user: "kind-kind" } },
    ],
    clusters: [{ name: "kind-kind", cluster: { ...server, ...cluster } }],
    users: [
      {
        name: "kind-kind",
        user: { "client-certificate-data": base64("CERT"), "client-key-data": base64("KEY"), ...user },
      },
    ],
    ...top,
  });
}

describe("an attendee's kubeconfig", () => {
  it("gives the certificates of its current context", () => {
    expect(readKubeconfig(config())).toEqual({
      clusterName: "kind-kind",
      tls: { ca: "CA", cert: "CERT", key: "KEY", serverName: "127.0.0.1" },
      token: undefined,
    });
  });

  it("gives a token, and the name that the certificate is for", () => {
    const text = config({ cluster: { "tls-server-name": "kubernetes" }, user: { token: "abc.def" } });
    expect(readKubeconfig(text)).toMatchObject({ token: "abc.def", tls: { serverName: "kubernetes" } });
  });

  it("is not followed to files, programs, proxies or addresses", () => {
    const text = config({
      cluster: { "certificate-authority": "/etc/passwd", "proxy-url": "http://evil.example:1" },
      user: {
        "client-key": "/etc/shadow",
        tokenFile: "/etc/shadow",
        exec: { command: "/bin/sh", args: ["-c", "touch /tmp/owned"] },
        "auth-provider": { name: "gcp", config: { "cmd-path": "/bin/sh" } },
      },
    });
    expect(readKubeconfig(text)).toEqual(readKubeconfig(config()));
  });

  it.each([
    ["nothing", ""],
    ["no YAML", "{]"],
    ["a list", "- 1"],
    ["no context", config({ top: { "current-context": "" } })],
    ["a context that is not there", config({ top: { "current-context": "gone" } })],
    ["no clusters", config({ top: { clusters: null } })],
    ["a number for a name", config({ top: { "current-context": 7 } })],
    ["a token with a line break", config({ user: { token: "a\r\nX-Evil: 1" } })],
    ["a certificate that is none", config({ cluster: { "certificate-authority-data": "%%%" } })],
    ["a certificate without end", config({ cluster: { "certificate-authority-data": "A".repeat(100_000) } })],
    ["a name with a line break", config({ cluster: { "tls-server-name": "a\nb" } })],
    [
      "an alias bomb",
      `a: &a [x,x]\n${"bcdefgh".replace(/./g, (k) => `${k}: &${k} [${"*a,".repeat(30)}]\n`)}`,
    ],
  ])("that holds %s is none", (_, text) => {
    expect(readKubeconfig(text)).toBeUndefined();
  });
});
