import { EventEmitter } from "node:events";
import pg from "pg";
import type { Clock } from "./clock";
import type { DomainEvent, EventBus } from "./events";
import type { Logger } from "./logger";

const CHANNEL = "slipway_events";
const RECONNECT_MS = 1_000;

export interface PostgresEventBusOptions {
  readonly databaseUrl: string;
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly log: Logger;
}

/** `EventBus` on LISTEN/NOTIFY: one listening connection a server, re-opened for ever, with a resync event after each gap. */
export class PostgresEventBus implements EventBus {
  readonly #options: PostgresEventBusOptions;
  readonly #emitter = new EventEmitter().setMaxListeners(0);
  readonly #abort = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(options: PostgresEventBusOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop ??= this.#listenForEver();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#loop;
  }

  async publish(event: DomainEvent): Promise<void> {
    try {
      await this.#options.pool.query("select pg_notify($1, $2)", [CHANNEL, JSON.stringify(event)]);
    } catch (error) {
      this.#options.log.warn("event.publish-failed", { kind: event.kind, error });
      this.#emitter.emit("event", event);
    }
  }

  subscribe(listener: (event: DomainEvent) => void): () => void {
    this.#emitter.on("event", listener);
    return () => this.#emitter.off("event", listener);
  }

  async #listenForEver(): Promise<void> {
    const { signal } = this.#abort;
    let isFirst = true;
    while (!signal.aborted) {
      try {
        await this.#listenOnce(isFirst);
      } catch (error) {
        this.#options.log.warn("event.listener-disconnected", { error });
      }
      isFirst = false;
      await this.#options.clock.sleep(RECONNECT_MS, signal);
    }
  }

  /** Resolves or rejects when the connection ends. */
  async #listenOnce(isFirst: boolean): Promise<void> {
    const { signal } = this.#abort;
    const client = new pg.Client({
      connectionString: this.#options.databaseUrl,
      keepAlive: true,
      connectionTimeoutMillis: 3_000,
    });
    const ended = new Promise<void>((resolve, reject) => {
      client.on("error", reject);
      client.on("end", resolve);
      signal.addEventListener(
        "abort",
        () => {
          resolve();
        },
        { once: true },
      );
    });
    ended.catch(() => undefined);
    try {
      await client.connect();
      client.on("notification", ({ payload }) =>
        this.#emitter.emit("event", JSON.parse(payload ?? "{}") as DomainEvent),
      );
      await client.query(`listen ${CHANNEL}`);
      if (!isFirst) this.#emitter.emit("event", { kind: "events.resynced" } satisfies DomainEvent);
      await ended;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
