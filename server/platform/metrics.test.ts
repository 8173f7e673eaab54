import { afterEach, describe, expect, it, vi } from "vitest";
import { Metrics } from "./metrics";

describe("Metrics", () => {
  const warn = vi.fn();
  const log = { warn };
  afterEach(() => {
    vi.useRealTimers();
  });

  it("serves everything else when a gauge cannot be read, counts that, and has the value again later", async () => {
    const metrics = new Metrics(log);
    const reading = { fails: false };
    metrics.gauge("pool_ready_count", "Warm.", async () => {
      if (reading.fails) throw new Error("no database");
      return 3;
    });
    metrics.gauge("terminals_attached_count", "Attached.", () => 7);
    expect(await linesOf(metrics)).toEqual(
      expect.arrayContaining([
        "pool_ready_count 3",
        'gauge_readings_failed_total{gauge="pool_ready_count"} 0',
      ]),
    );

    reading.fails = true;
    const during = await linesOf(metrics);
    expect(during).toContain("terminals_attached_count 7");
    expect(during.filter((line) => line.startsWith("pool_ready_count"))).toEqual([]);
    expect(warn).toHaveBeenCalledExactlyOnceWith("metrics.reading-failed", {
      gauge: "pool_ready_count",
      error: new Error("no database"),
    });

    reading.fails = false;
    expect(await linesOf(metrics)).toEqual(
      expect.arrayContaining([
        "pool_ready_count 3",
        'gauge_readings_failed_total{gauge="pool_ready_count"} 1',
      ]),
    );
  });

  it("does not wait for a gauge that hangs", async () => {
    vi.useFakeTimers();
    const metrics = new Metrics(log);
    metrics.gauge("pool_ready_count", "Warm.", () => new Promise(() => undefined));
    metrics.gauge("terminals_attached_count", "Attached.", () => 7);
    const served = linesOf(metrics);
    await vi.advanceTimersByTimeAsync(2_000);
    const lines = await served;
    expect(lines).toContain("terminals_attached_count 7");
    expect(lines.filter((line) => line.startsWith("pool_ready_count"))).toEqual([]);
  });
});

async function linesOf(metrics: Metrics): Promise<string[]> {
  return (await metrics.render()).text.split("\n");
}
