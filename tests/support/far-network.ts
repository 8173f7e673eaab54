import { randomUUID } from "node:crypto";
import { runOnHost } from "../../server/sandboxes/drivers/docker/host-command";
import { dockerClient } from "../../setup/docker-client";
import { ToolContainer } from "./tool-container";

/** A machine beyond the engine's host, with addresses of every kind that answer on port 80. */
export interface FarNetwork {
  /** One from outside, as the internet's are. */
  readonly publicAddress: string;
  /** Link-local, private and shared ones. */
  readonly innerAddresses: readonly string[];
  close(): Promise<void>;
}

const HOST = "192.168.213.1";
const FAR = "192.168.213.2";
const PUBLIC = "203.0.113.7";
const INNER = [FAR, "169.254.213.7", "10.99.213.7", "172.30.213.7", "100.64.213.7"];
const SERVE = "exec python3 -m http.server --directory /opt --bind 0.0.0.0 80";

/** Needs root on the engine's own host. Whoever opens it closes it. */
export async function openFarNetwork(dockerHost: string): Promise<FarNetwork> {
  const name = `slipway-far-${randomUUID().slice(0, 6)}`;
  const [near, far] = [`${name.slice(-6)}n`, `${name.slice(-6)}f`];
  const container = await ToolContainer.start({
    ...{ name, image: "slipway/sandbox:current", entrypoint: ["sh", "-c", SERVE] },
  });
  // The link goes with the container's end of it, and its routes with the link.
  try {
    const { State } = await dockerClient(dockerHost).getContainer(name).inspect();
    const inside = ["nsenter", "--target", String(State.Pid), "--net", "ip"] as const;
    await runOnHost([
      "ip",
      "link",
      "add",
      near,
      "type",
      "veth",
      "peer",
      "name",
      far,
      "netns",
      String(State.Pid),
    ]);
    await runOnHost(["ip", "address", "add", `${HOST}/24`, "dev", near]);
    await runOnHost(["ip", "link", "set", near, "up"]);
    await runOnHost([...inside, "address", "add", `${FAR}/24`, "dev", far]);
    await runOnHost([...inside, "link", "set", far, "up"]);
    await runOnHost([...inside, "route", "add", "default", "via", HOST]);
    for (const address of [PUBLIC, ...INNER.slice(1)]) {
      await runOnHost([...inside, "address", "add", `${address}/32`, "dev", "lo"]);
      await runOnHost(["ip", "route", "add", `${address}/32`, "via", FAR]);
    }
  } catch (caught) {
    await container.remove();
    throw caught;
  }
  return { publicAddress: PUBLIC, innerAddresses: INNER, close: () => container.remove() };
}
