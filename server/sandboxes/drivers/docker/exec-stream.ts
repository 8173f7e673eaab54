import { Duplex, Transform, type TransformCallback } from "node:stream";

const HEADER_BYTES = 8;
const STDOUT = 1;

/**
 * Takes the frames off an engine's attached stream and passes on what came from standard output. The rest (what a relay says on
 * standard error) is dropped. Bounded: holds back at most one header.
 */
export class StdoutFrames extends Transform {
  #header = Buffer.alloc(0);
  #left = 0;
  #isStdout = false;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let rest = chunk;
    while (rest.length > 0) rest = this.#left > 0 ? this.#takeBody(rest) : this.#takeHeader(rest);
    done();
  }

  #takeHeader(bytes: Buffer): Buffer {
    const missing = HEADER_BYTES - this.#header.length;
    this.#header = Buffer.concat([this.#header, bytes.subarray(0, missing)]);
    if (this.#header.length === HEADER_BYTES) {
      this.#isStdout = this.#header[0] === STDOUT;
      this.#left = this.#header.readUInt32BE(4);
      this.#header = Buffer.alloc(0);
    }
    return bytes.subarray(missing);
  }

  #takeBody(bytes: Buffer): Buffer {
    const body = bytes.subarray(0, this.#left);
    this.#left -= body.length;
    if (this.#isStdout) this.push(body);
    return bytes.subarray(body.length);
  }
}

/** The attached stream of a command as one duplex: writes go to its standard input, reads come from its standard output. */
export function execDuplex(attached: Duplex): Duplex {
  const stdout = attached.pipe(new StdoutFrames());
  attached.on("error", (error) => stdout.destroy(error));
  attached.on("close", () => {
    if (!stdout.writableEnded) stdout.end();
  });
  const duplex = Duplex.from({ readable: stdout, writable: attached });
  duplex.on("close", () => attached.destroy());
  return duplex;
}
