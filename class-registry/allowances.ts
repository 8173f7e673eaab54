/** What one prefix may still send, shared by all its transfers. Whoever opens it closes it, once. */
export interface Allowance {
  /** Takes so many bytes; false when that is more than is left. */
  take(bytes: number): boolean;
  readonly isUsedUp: boolean;
  close(): void;
}

export interface AllowancesOptions {
  readonly prefixBytesMax: number;
  /** Transfers at once: Docker pushes five layers at a time. */
  readonly prefixTransfersMax: number;
  readonly transfersMax: number;
  /** Bytes that a prefix has stored, uploads under way included. */
  readonly readUsedBytes: (prefix: string) => Promise<number>;
}

interface Account {
  transfers: number;
  /** What is on disk is read when nobody of the prefix is sending, and added up from there while somebody is. */
  readonly usedBytes: Promise<number>;
  sentBytes: number;
}

/** Bounds what every prefix stores, and how many transfers run at once. */
export class Allowances {
  readonly #options: AllowancesOptions;
  readonly #accounts = new Map<string, Account>();
  #transfers = 0;

  constructor(options: AllowancesOptions) {
    this.#options = options;
  }

  /** Undefined when too many transfers are under way. */
  async open(prefix: string): Promise<Allowance | undefined> {
    const { prefixBytesMax, prefixTransfersMax, transfersMax, readUsedBytes } = this.#options;
    const account = this.#accounts.get(prefix) ?? {
      transfers: 0,
      usedBytes: readUsedBytes(prefix),
      sentBytes: 0,
    };
    if (account.transfers >= prefixTransfersMax || this.#transfers >= transfersMax) return undefined;
    this.#accounts.set(prefix, account);
    account.transfers += 1;
    this.#transfers += 1;
    const close = (): void => {
      account.transfers -= 1;
      this.#transfers -= 1;
      if (account.transfers === 0) this.#accounts.delete(prefix);
    };
    const usedBytes = await account.usedBytes.catch((error: unknown) => {
      close();
      throw error;
    });
    const leftBytes = (): number => prefixBytesMax - usedBytes - account.sentBytes;
    return {
      take: (bytes) => {
        account.sentBytes += bytes;
        return leftBytes() >= 0;
      },
      get isUsedUp() {
        return leftBytes() <= 0;
      },
      close,
    };
  }
}
