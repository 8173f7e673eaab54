import type { Clock } from "../platform/clock";
import { isDatabaseUnavailable } from "../platform/database/database-errors";
import type { AccountStanding } from "./account";

/** For how long an account's standing is taken from memory: a disabled account is out everywhere within this. */
const FRESH_MS = 5_000;
/** How old an answer may serve while the database does not answer, so that terminals go on. */
const STALE_MS_MAX = 60_000;
/** Bounds the memory: about 1 MiB. The oldest answer goes first. */
const ENTRIES_MAX = 10_000;

interface Entry {
  readonly standing: AccountStanding | undefined;
  readonly readAtMs: number;
}

/** Account standings, read at most every 5 s each, by one query however many ask at once. */
export class AccountStandings {
  readonly #read: (accountId: string) => Promise<AccountStanding | undefined>;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #reading = new Map<string, Promise<AccountStanding | undefined>>();

  constructor(deps: {
    readonly read: (accountId: string) => Promise<AccountStanding | undefined>;
    readonly clock: Clock;
  }) {
    this.#read = deps.read;
    this.#clock = deps.clock;
  }

  /** Resolves undefined for an account that does not exist. Rejects when the database is away and memory too old. */
  async of(accountId: string): Promise<AccountStanding | undefined> {
    const known = this.#entries.get(accountId);
    const ageMs = known === undefined ? Infinity : this.#clock.nowMs() - known.readAtMs;
    if (known !== undefined && ageMs < FRESH_MS) return known.standing;
    try {
      return await this.#readOnce(accountId);
    } catch (error) {
      if (known !== undefined && ageMs < STALE_MS_MAX && isDatabaseUnavailable(error)) return known.standing;
      throw error;
    }
  }

  /** Makes the next answer about this account come from the database. */
  forget(accountId: string): void {
    this.#entries.delete(accountId);
    this.#reading.delete(accountId);
  }

  #readOnce(accountId: string): Promise<AccountStanding | undefined> {
    const running = this.#reading.get(accountId);
    if (running !== undefined) return running;
    const reading = this.#readAndKeep(accountId).finally(() => {
      if (this.#reading.get(accountId) === reading) this.#reading.delete(accountId);
    });
    this.#reading.set(accountId, reading);
    return reading;
  }

  async #readAndKeep(accountId: string): Promise<AccountStanding | undefined> {
    const readAtMs = this.#clock.nowMs();
    const standing = await this.#read(accountId);
    this.#entries.delete(accountId);
    this.#entries.set(accountId, { standing, readAtMs });
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > ENTRIES_MAX && oldest.done !== true) this.#entries.delete(oldest.value);
    return standing;
  }
}
