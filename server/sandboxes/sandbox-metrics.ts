import type { Metrics } from "../platform/metrics";

/** What is counted about sandboxes. */
export interface SandboxMetrics {
  observeCreate(outcome: "succeeded" | "failed", durationMs: number): void;
  countOrphan(): void;
  /** A sandbox was made its attendee's, or could not be. */
  countBinding(outcome: "succeeded" | "failed"): void;
}

export function createSandboxMetrics(metrics: Metrics, readWarmCount: () => Promise<number>): SandboxMetrics {
  metrics.gauge("pool_ready_count", "Warm sandboxes that wait for an attendee.", readWarmCount);
  const bindings = metrics.counter("sandbox_bindings_total", "Sandboxes bound to an attendee.", {
    name: "outcome",
    values: ["succeeded", "failed"],
  });
  const creates = metrics.histogram(
    "sandbox_create_duration_seconds",
    "From the driver's create to a usable sandbox.",
    {
      buckets: [0.5, 1, 2, 3, 4, 6, 8, 12, 20, 40, 60],
      label: { name: "outcome", values: ["succeeded", "failed"] },
    },
  );
  const orphans = metrics.counter(
    "reaper_orphans_destroyed_total",
    "Sandboxes that the driver had and the database did not know.",
  );
  return {
    observeCreate: (outcome, durationMs) => {
      creates.observe({ outcome }, durationMs / 1_000);
    },
    countBinding: (outcome) => {
      bindings.inc({ outcome });
    },
    countOrphan: () => {
      orphans.inc();
    },
  };
}
