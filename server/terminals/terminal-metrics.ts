import type { ErrorKind } from "../platform/errors";
import type { Metrics } from "../platform/metrics";
import { CLOSE_CODE } from "./close-code";

/** What is counted about terminals. */
export interface TerminalMetrics {
  countRefusal(kind: ErrorKind): void;
}

/** @param readCount how many browsers are attached now */
export function createTerminalMetrics(metrics: Metrics, readCount: () => number): TerminalMetrics {
  const refusals = metrics.counter("terminal_refusals_total", "Terminals that were refused or broken off.", {
    name: "kind",
    values: Object.keys(CLOSE_CODE),
  });
  metrics.gauge("terminals_attached_count", "Browsers attached to a terminal.", readCount);
  return {
    countRefusal: (kind) => {
      refusals.inc({ kind });
    },
  };
}
