import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** A label and every value that it can have. */
export interface ClosedLabel {
  readonly name: string;
  readonly values: readonly string[];
}

/** Every metric's registry. Labels come from closed unions and are created at start, so that zero is visible. */
export class Metrics {
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
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

  /** A gauge that is read when it is scraped. */
  gauge(name: string, help: string, read: () => Promise<number> | number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        this.set(await read());
      },
    });
  }

  /** The exposition text and its content type. */
  async render(): Promise<{ text: string; contentType: string }> {
    return { text: await this.registry.metrics(), contentType: this.registry.contentType };
  }
}
