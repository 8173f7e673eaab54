import type { Size } from "./evicted-screen";

export interface SizeChange {
  /** Rises with every change, also at the same offset. */
  readonly sequence: number;
  readonly offset: number;
  readonly size: Size;
}

/** Changes within one ring that are remembered; a window that is dragged makes some dozens. */
const CHANGES_MAX = 1_024;

/** Which size a terminal had when each of its bytes was written. Never empty. */
export class SizeHistory {
  #changes: SizeChange[];
  #sequence = 0;

  constructor(size: Size) {
    this.#changes = [{ sequence: 0, offset: 0, size }];
  }

  get latest(): SizeChange {
    return this.#changes.at(-1) ?? { sequence: 0, offset: 0, size: { columns: 80, rows: 24 } };
  }

  /** The size in effect at `offset`. */
  at(offset: number): Size {
    return (this.#changes.findLast((change) => change.offset <= offset) ?? this.#changes[0] ?? this.latest)
      .size;
  }

  /** Records a size from `offset` on; false when it is the size already. */
  change(offset: number, size: Size): boolean {
    const { latest } = this;
    if (latest.size.columns === size.columns && latest.size.rows === size.rows) return false;
    this.#sequence += 1;
    // Sizes between which nothing was written were never seen by a byte.
    if (latest.offset === offset && this.#changes.length > 1) this.#changes.pop();
    this.#changes.push({ sequence: this.#sequence, offset, size });
    if (this.#changes.length > CHANGES_MAX) this.#changes.splice(1, 1);
    return true;
  }

  /** The first change after `sequence`, if any. */
  next(sequence: number): SizeChange | undefined {
    if (sequence >= this.latest.sequence) return undefined;
    return this.#changes.find((change) => change.sequence > sequence);
  }

  /** The latest change that is in effect at `offset`. */
  changeAt(offset: number): SizeChange {
    return this.#changes.findLast((change) => change.offset <= offset) ?? this.latest;
  }

  /** Removes and returns, oldest first, the changes up to `offset`; the last of them stays as the size to begin with. */
  forgetTo(offset: number): readonly SizeChange[] {
    const count = this.#changes.findLastIndex((change) => change.offset <= offset);
    if (count <= 0) return [];
    const passed = this.#changes.slice(1, count + 1);
    this.#changes = this.#changes.slice(count);
    return passed;
  }
}
