import net from "node:net";
import type { SandboxId } from "../../../server/sandboxes/sandbox";
import { createMemoryTickets } from "../../support/memory-tickets";
import { startTerminalServer } from "../../support/terminal-server";

/** The gateway in a process of its own, told by messages what to do. */
const [socketPath = "", token = ""] = process.argv.slice(2);
const tickets = createMemoryTickets();
const server = await startTerminalServer({
  access: {
    dial: () =>
      new Promise((resolve, reject) => {
        const socket = net.connect({ path: socketPath });
        socket.once("error", reject);
        socket.once("connect", () => {
          resolve(socket);
        });
      }),
  },
  tokenOf: () => token,
  tickets,
});

process.on("message", (message: { readonly ask: "ticket" | "memory"; readonly terminalId: string }) => {
  if (message.ask === "ticket") {
    const sandboxId = "bench" as SandboxId;
    const grant = { accountId: "bench", enrollmentId: "bench", sandboxId, isReadOnly: false };
    void tickets
      .create({ ...grant, terminalId: message.terminalId })
      .then((answer) => process.send?.({ answer }));
  } else {
    globalThis.gc?.();
    globalThis.gc?.();
    process.send?.({ answer: String(process.memoryUsage.rss()) });
  }
});
process.on("disconnect", () => process.exit(0));
process.send?.({ answer: server.origin });
