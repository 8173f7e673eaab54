import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Logger } from "./logger";

/** A label and every value that it can have. */
export interface ClosedLabel {
  readonly name: string;
  readonly values: readonly string[];
}

/** Longest wait for one gauge's reading: a database that hangs must not hold the scrape, which Prometheus gives up after 10 s. */
const READING_MS_MAX = 2_000;

/** Every metric's registry. Labels come from closed unions and are created at start, so that zero is visible. */
export class Metrics {
  readonly registry = new Registry();
  readonly #failedReadings: Counter;

  readonly #log: Pick<Logger, "warn">;

  constructor(log: Pick<Logger, "warn">) {
    this.#log = log;
    collectDefaultMetrics({ register: this.registry });
    this.#failedReadings = new Counter({
      name: "gauge_readings_failed_total",
      help: "Readings of a gauge that failed or took too long, so that a scrape went without its value.",
      labelNames: ["gauge"],
      registers: [this.registry],
    });
  }

  counter(name: string, help: string, label?: ClosedLabel): Counter {
    const counter = new Counter({
      name,
      help,
      labelNames: label ? [label.name] : [],
      registers: [this.registry],
    });
    for (const value of label?.values ?? []) counter.inc({ [label?.name ?? ""]: value }, 0);
    return counter;
  }

  histogram(
    name: string,
    help: string,
    options: { readonly buckets: number[]; readonly label?: ClosedLabel },
  ): Histogram {
    const { buckets, label } = options;
    const labelNames = label ? [label.name] : [];
    const histogram = new Histogram({ name, help, buckets, labelNames, registers: [this.registry] });
    for (const value of label?.values ?? []) histogram.zero({ [label?.name ?? ""]: value });
    return histogram;
  }

  /**
   * A gauge that is read when it is scraped. A reading that fails or takes longer than 2 s leaves its value out of that scrape and is
   * counted, which the next scrape shows; everything else is served.
   */
  gauge(name: string, help: string, read: () => Promise<number> | number): void {
    const failedReadings = this.#failedReadings;
    const log = this.#log;
    failedReadings.inc({ gauge: name }, 0);
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        try {
          this.set(await withinDeadline(read));
        } catch (error) {
          log.warn("metrics.reading-failed", { gauge: name, error });
          // An old value would look like a true one.
          this.remove();
          failedReadings.inc({ gauge: name });
        }
      },
    });
  }

  /** The exposition text and its content type. */
  async render(): Promise<{ text: string; contentType: string }> {
    return { text: await this.registry.metrics(), contentType: this.registry.contentType };
  }
}

async function withinDeadline(read: () => Promise<number> | number): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no reading within ${READING_MS_MAX} ms`));
    }, READING_MS_MAX);
  });
  try {
    return await Promise.race([read(), deadline]);
  } finally {
    clearTimeout(timer);
  }
}
