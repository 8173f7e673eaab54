import { spawn } from "node-pty";
import { WebSocketServer } from "ws";

/** The floor: ws and node-pty with nothing between them, no flow control, no resume. */
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
server.on("connection", (socket) => {
  const pty = spawn("/bin/bash", ["-l"], { cols: 200, rows: 50, encoding: null });
  pty.onData((bytes) => {
    socket.send(bytes);
  });
  socket.on("message", (message: Buffer) => {
    pty.write(message.toString());
  });
  socket.on("close", () => {
    pty.kill("SIGKILL");
  });
});
server.on("listening", () => {
  const address = server.address();
  process.send?.({ answer: `ws://127.0.0.1:${typeof address === "object" ? String(address?.port) : ""}` });
});
process.on("disconnect", () => process.exit(0));
