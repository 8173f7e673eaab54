import { describe, expect, it } from "vitest";
import { StdoutFrames } from "./exec-stream";

function frame(stream: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

describe("StdoutFrames", () => {
  it("keeps standard output and drops the rest, however the bytes are cut", async () => {
    const wire = Buffer.concat([frame(1, "hello "), frame(2, "noise"), frame(1, ""), frame(1, "world")]);
    for (const size of [1, 3, 8, 11, wire.length]) {
      const frames = new StdoutFrames();
      for (let at = 0; at < wire.length; at += size) frames.write(wire.subarray(at, at + size));
      frames.end();
      let text = "";
      for await (const chunk of frames) text += (chunk as Buffer).toString();
      expect(text).toBe("hello world");
    }
  });
});
