import net from "node:net";
import type { Duplex } from "node:stream";
import type { Account } from "./account";
import { Refusal } from "./http-io";
import { Kubeconfig, localPort } from "./kubeconfig";

const TUNNELS_MAX = 64;
const CONNECT_TIMEOUT_MS = 5_000;
const LOOPBACK = "127.0.0.1";

/** Raw streams from a dialled connection to something inside the sandbox. */
export class Tunnels {
  readonly #dockerSocketPath: string | null;
  readonly #kubeconfig: Kubeconfig;
  readonly #open = new Set<Duplex>();

  constructor(options: { readonly dockerSocketPath: string | null; readonly account: Account }) {
    this.#dockerSocketPath = options.dockerSocketPath;
    this.#kubeconfig = new Kubeconfig(options.account.home);
  }

  /**
   * Connects to `endpoint`, answers 101 and joins the two streams until either ends.
   * @throws Refusal 404 for an unknown endpoint, 503 for one that does not answer or when there are too many tunnels
   */
  async join(endpoint: string, stream: Duplex, head: Buffer): Promise<void> {
    if (this.#open.size >= TUNNELS_MAX) throw new Refusal(503, "too many tunnels");
    this.#open.add(stream);
    const forget = (): void => {
      this.#open.delete(stream);
    };
    stream.on("close", forget);
    stream.on("error", () => stream.destroy());
    const target = await connect(await this.#addressOf(endpoint)).catch((error: unknown) => {
      forget();
      throw error;
    });
    if (stream.destroyed) {
      target.destroy();
      return;
    }
    stream.write(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: slipway-tunnel\r\n\r\n",
    );
    if (head.length > 0) target.write(head);
    target.on("error", () => stream.destroy());
    target.on("close", () => stream.destroy());
    stream.on("close", () => target.destroy());
    stream.pipe(target).pipe(stream);
  }

  closeAll(): void {
    for (const stream of this.#open) stream.destroy();
  }

  async #addressOf(endpoint: string): Promise<net.NetConnectOpts> {
    if (endpoint === "docker") {
      if (this.#dockerSocketPath === null) throw new Refusal(503, "this sandbox has no engine");
      return { path: this.#dockerSocketPath };
    }
    if (endpoint === "kubernetes") return { host: LOOPBACK, port: await this.#kubernetesPort() };
    const port = Number(/^tcp:(\d{1,5})$/.exec(endpoint)?.[1]);
    if (!(port >= 1 && port <= 65_535)) throw new Refusal(404, "no such tunnel");
    return { host: LOOPBACK, port };
  }

  /** The port of the cluster that the attendee's kubeconfig points at, as kind publishes it on the loopback. */
  async #kubernetesPort(): Promise<number> {
    const entry = await this.#kubeconfig.readCurrent();
    if (entry === undefined) throw new Refusal(503, "there is no cluster in the kubeconfig");
    const port = localPort(entry);
    if (port === undefined) throw new Refusal(503, "the kubeconfig points outside the sandbox");
    return port;
  }
}

function connect(address: net.NetConnectOpts): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ ...address, noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error("timed out")), CONNECT_TIMEOUT_MS);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(new Refusal(503, `nothing answers there: ${error.message}`));
    };
    socket.once("error", fail);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", fail);
      resolve(socket);
    });
  });
}
