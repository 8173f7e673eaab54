import { Duplex } from "node:stream";

/** Two streams in memory: what is written to one is read from the other. */
export function duplexPair(): readonly [Duplex, Duplex] {
  const left = new PairedDuplex();
  const right = new PairedDuplex();
  left.join(right);
  right.join(left);
  return [left, right];
}

class PairedDuplex extends Duplex {
  #peer: PairedDuplex | undefined;
  #onRead: (() => void) | undefined;
  #hasEnded = false;

  join(peer: PairedDuplex): void {
    this.#peer = peer;
    // What the peer has written before it went is still to be read.
    peer.once("close", () => {
      this.accept(null, () => undefined);
    });
  }

  override _read(): void {
    const onRead = this.#onRead;
    this.#onRead = undefined;
    onRead?.();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.#peer === undefined || this.#peer.destroyed) done();
    else this.#peer.accept(chunk, done);
  }

  override _final(done: () => void): void {
    this.#peer?.accept(null, () => undefined);
    done();
  }

  accept(chunk: Buffer | null, done: () => void): void {
    if (this.#hasEnded) {
      done();
      return;
    }
    this.#hasEnded = chunk === null;
    if (this.push(chunk)) done();
    else this.#onRead = done;
  }
}
