import { readFileSync } from "node:fs";
import path from "node:path";

/** Where Docker listens when nobody says otherwise. */
export const DEFAULT_DOCKER_HOST = "unix:///var/run/docker.sock";

/** How to reach an engine's API: the connection options that Docker clients for Node take. */
export type DockerAddress =
  | { readonly socketPath: string }
  | {
      readonly host: string;
      readonly port: number;
      readonly protocol: "http" | "https";
      readonly ca?: Buffer;
      readonly cert?: Buffer;
      readonly key?: Buffer;
    };

/**
 * Reads a `DOCKER_HOST` the way Docker's own client does: `unix://`, `tcp://`, `http(s)://`.
 * `certFolder` (Docker's `DOCKER_CERT_PATH`) turns `tcp://` into TLS with the three files in it.
 *
 * @throws Error for a scheme that needs another program (`ssh://`, `npipe://`) or an address that is none.
 */
export function parseDockerHost(dockerHost: string, certFolder?: string): DockerAddress {
  if (dockerHost.startsWith("unix://")) return { socketPath: dockerHost.slice("unix://".length) };
  if (dockerHost.startsWith("/")) return { socketPath: dockerHost };
  const asUrl = dockerHost.replace(/^tcp:/, "http:");
  if (!/^https?:\/\//.test(asUrl) || !URL.canParse(asUrl)) {
    throw new Error(
      `DOCKER_HOST is "${dockerHost}"; it must begin with unix://, tcp://, http:// or https://`,
    );
  }
  const url = new URL(asUrl);
  const isTls = certFolder !== undefined || url.protocol === "https:";
  const port = url.port === "" ? (isTls ? 2_376 : 2_375) : Number(url.port);
  const address = { host: url.hostname, port, protocol: isTls ? "https" : "http" } as const;
  return certFolder === undefined ? address : { ...address, ...readCertificates(certFolder) };
}

/** True when the engine shares our file systems and network: it listens on a socket file. */
export function isLocalEngine(address: DockerAddress): boolean {
  return "socketPath" in address;
}

function readCertificates(folder: string) {
  const read = (name: string) => readFileSync(path.join(folder, name));
  return { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
}
