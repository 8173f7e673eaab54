import type { SandboxId } from "../../../server/sandboxes/sandbox";
import { createMemoryTickets } from "../../support/memory-tickets";
import { startTerminalServer } from "../../support/terminal-server";
import { openAccess, tokenOf, type BenchAddress } from "./bench-sandbox";

/** The gateway in a process of its own, told by messages what to do. */
const address = JSON.parse(process.argv[2] ?? "") as BenchAddress;
const tickets = createMemoryTickets();
const server = await startTerminalServer({ access: await openAccess(address), tokenOf, tickets });

process.on("message", (message: { readonly ask: "ticket" | "memory"; readonly terminalId: string }) => {
  if (message.ask === "ticket") {
    const sandboxId: SandboxId = address.id;
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
