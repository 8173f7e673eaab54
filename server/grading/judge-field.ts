import { parseFieldPath, valuesAt } from "../labs/field-path";
import type { FieldCondition } from "../labs/kubernetes-check";
import type { ClusterObject } from "./evidence";
import { normalizeReference } from "./image-reference";
import { excerptOf, listOf } from "./judgement";
import { matchWithin } from "./match-within";

/** What is wrong with a field, as the end of a sentence that begins with its object. */
export interface WrongField {
  readonly seen: string;
  readonly hint?: string;
}

/** The first condition that `body` does not meet. A path to several values is met when one of them fits. */
export function findWrongField(
  conditions: readonly FieldCondition[],
  body: ClusterObject["body"],
): WrongField | undefined {
  for (const condition of conditions) {
    const values = valuesAt(body, parseFieldPath(condition.path) ?? []);
    if (!isMet(condition, values)) return describeWrong(condition, values);
  }
  return undefined;
}

/** The part of a sentence that says what is asked of a field. */
export function describeCondition(condition: FieldCondition): string {
  const { path, equals, oneOf, atLeast, atMost, matches, exists } = condition;
  const parts = [
    ...(equals === undefined ? [] : [String(equals)]),
    ...(oneOf === undefined ? [] : [`one of ${oneOf.map(String).join(", ")}`]),
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
    ...(atMost === undefined ? [] : [`at most ${atMost}`]),
    ...(matches === undefined ? [] : ["what the step describes"]),
  ];
  if (exists === false) return `without ${path}`;
  return parts.length === 0 ? `with ${path}` : `with ${path} ${listOf(parts)}`;
}

function isMet(condition: FieldCondition, values: readonly unknown[]): boolean {
  if (condition.exists === false) return values.length === 0;
  return values.some((value) => DEMANDS.every((demand) => demand(condition, value)));
}

const DEMANDS: readonly ((condition: FieldCondition, value: unknown) => boolean)[] = [
  ({ path, equals }, value) => equals === undefined || isSame(path, value, equals),
  ({ path, oneOf }, value) => oneOf === undefined || oneOf.some((each) => isSame(path, value, each)),
  ({ atLeast }, value) => atLeast === undefined || (typeof value === "number" && value >= atLeast),
  ({ atMost }, value) => atMost === undefined || (typeof value === "number" && value <= atMost),
  ({ matches }, value) => matches === undefined || matchWithin(matches, textOf(value)) !== null,
];

/** `80` and `"80"` are the same port, `nginx` and `docker.io/library/nginx:latest` the same image. */
function isSame(path: string, value: unknown, wanted: string | number | boolean): boolean {
  if (isImage(path)) return normalizeReference(textOf(value)) === normalizeReference(String(wanted));
  return textOf(value) === String(wanted);
}

function isImage(path: string): boolean {
  return path.endsWith(".image");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function describeWrong(condition: FieldCondition, values: readonly unknown[]): WrongField {
  const { path, equals } = condition;
  if (values.length === 0) return { seen: `has no ${path}` };
  const found = values.slice(0, 5).map((value) => excerptOf(textOf(value), 80));
  const seen = `has ${path} ${listOf(found)}`;
  const [first] = found;
  if (equals === undefined || first === undefined || !isImage(path)) return { seen };
  const [foundName, wantedName] = [first, String(equals)].map((image) => image.replace(/:[^:/]*$/, ""));
  return foundName === wantedName ? { seen, hint: "It is the right image with another tag." } : { seen };
}
