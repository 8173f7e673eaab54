/** One benchmark's outcome. `ratios` are ours over the baseline of the same run. */
export interface BenchResult {
  readonly name: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly baseline: Readonly<Record<string, number | null>>;
  readonly ratios: Readonly<Record<string, number | null>>;
}

/** Prints the result as the last line of standard output. */
export function printResult(result: BenchResult): void {
  console.log(
    JSON.stringify(result, (_key, value: unknown) =>
      typeof value === "number" ? Math.round(value * 100) / 100 : value,
    ),
  );
}

/** The value below which `percent` of the samples lie, by nearest rank; NaN for none. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(Math.ceil((percent / 100) * sorted.length) - 1, 0)] ?? Number.NaN;
}
