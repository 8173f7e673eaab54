/** Deeper than anything that a field path may ask for. */
const DEPTH_MAX = 20;
const ELEMENTS_MAX = 200;
const TEXT_LENGTH_MAX = 4_096;

/**
 * A copy of a Kubernetes object that can be kept, compared and written as JSON whatever its owner made of it: cut in depth,
 * length and number of elements, without the parts that only machines read.
 */
export function pruneObject(object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return prune(object, 0) as Readonly<Record<string, unknown>>;
}

const MACHINE_KEYS: ReadonlySet<string> = new Set([
  "managedFields",
  "kubectl.kubernetes.io/last-applied-configuration",
]);

function prune(value: unknown, depth: number): unknown {
  if (typeof value === "string") return value.slice(0, TEXT_LENGTH_MAX);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= DEPTH_MAX) return null;
  if (Array.isArray(value)) return value.slice(0, ELEMENTS_MAX).map((each) => prune(each, depth + 1));
  const entries = Object.entries(value)
    .filter(([key]) => !MACHINE_KEYS.has(key))
    .slice(0, ELEMENTS_MAX);
  return Object.fromEntries(entries.map(([key, each]) => [key, prune(each, depth + 1)]));
}
