/** One move from a value to what is in it: a key, an index, every element, or the elements of which a key has a value. */
export type FieldStep =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "every" }
  | { readonly kind: "where"; readonly key: string; readonly value: string };

const STEPS_MAX = 20;
const STEP =
  /(?:^|\.)([A-Za-z_$][\w$-]*)|\[(\d{1,4})\]|\[(\*)\]|\["([^"\]]{1,200})"\]|\[([A-Za-z][\w-]*)=([^\]"]{1,200})\]/y;

/**
 * Reads `spec.template.spec.containers[name=web].ports[*].containerPort`: keys after dots, `[0]`, `[*]` for every element,
 * `[key=value]` for those of which that holds, and `["app.kubernetes.io/name"]` for a key with dots. Undefined for
 * anything else.
 */
export function parseFieldPath(text: string): readonly FieldStep[] | undefined {
  const steps: FieldStep[] = [];
  let at = 0;
  while (at < text.length && steps.length < STEPS_MAX) {
    STEP.lastIndex = at;
    const match = STEP.exec(text);
    if (match === null) return undefined;
    steps.push(stepOf(match));
    at = STEP.lastIndex;
  }
  return at === text.length && steps.length > 0 ? steps : undefined;
}

/** Every value at `steps` below `root`; none when the path leads nowhere. Own properties only. */
export function valuesAt(root: unknown, steps: readonly FieldStep[]): readonly unknown[] {
  let found: readonly unknown[] = [root];
  for (const step of steps) found = found.flatMap((value) => follow(value, step));
  return found.filter((value) => value !== undefined && value !== null);
}

function stepOf([, key, index, every, quoted, whereKey, whereValue]: RegExpExecArray): FieldStep {
  if (index !== undefined) return { kind: "index", index: Number(index) };
  if (every !== undefined) return { kind: "every" };
  if (whereKey !== undefined) return { kind: "where", key: whereKey, value: whereValue ?? "" };
  return { kind: "key", key: key ?? quoted ?? "" };
}

function follow(value: unknown, step: FieldStep): readonly unknown[] {
  if (step.kind === "key") return [ownValue(value, step.key)];
  if (!Array.isArray(value)) return [];
  const elements = value as readonly unknown[];
  if (step.kind === "index") return [elements[step.index]];
  if (step.kind === "every") return elements;
  return elements.filter((each) => String(ownValue(each, step.key)) === step.value);
}

function ownValue(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}
