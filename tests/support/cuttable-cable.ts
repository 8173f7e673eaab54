import net, { createServer, type Socket } from "node:net";

/** The way between a browser and a server, which the test that laid it may cut and mend. */
export interface CuttableCable {
  /** On 127.0.0.1, to be used in place of the server's own. */
  readonly port: number;
  /** Ends every connection at once, without goodbye, and refuses new ones. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** Passes bytes on to `serverPort` of this machine. */
export async function layCable(serverPort: number): Promise<CuttableCable> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const join = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on("error", () => undefined);
    from.on("close", () => {
      sockets.delete(from);
      to.destroy();
    });
    from.pipe(to);
  };
  const server = createServer((browser) => {
    const onward = net.connect({ host: "localhost", port: serverPort, noDelay: true });
    join(browser, onward);
    join(onward, browser);
    if (isCut) browser.resetAndDestroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the cable has no port");
  return {
    ...{ port: address.port, cut },
    mend: () => {
      isCut = false;
    },
    close: () => {
      cut();
      return new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}
