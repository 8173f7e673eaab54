import { parseFieldPath, valuesAt } from "../labs/field-path";
import type { ClusterObject } from "./evidence";

/** The texts at `path` of an object, whatever else may be there. */
export function textsAt(body: ClusterObject["body"], path: string): readonly string[] {
  return valuesAt(body, parseFieldPath(path) ?? []).filter((value) => typeof value === "string");
}

/** The first text at `path`; undefined where there is none. */
export function textAt(body: ClusterObject["body"], path: string): string | undefined {
  return textsAt(body, path)[0];
}

/** The first number at `path`; `otherwise` where there is none, as Kubernetes leaves out a zero. */
export function numberAt(body: ClusterObject["body"], path: string, otherwise = 0): number {
  const [value] = valuesAt(body, parseFieldPath(path) ?? []);
  return typeof value === "number" ? value : otherwise;
}

/** The objects at `path`; what is no object there is left out. */
export function objectsAt(body: ClusterObject["body"], path: string): readonly ClusterObject["body"][] {
  return valuesAt(body, parseFieldPath(path) ?? []).filter(
    (value): value is ClusterObject["body"] =>
      typeof value === "object" && value !== null && !Array.isArray(value),
  );
}

/** The texts of the map at `path`: labels, selectors. */
export function labelsAt(body: ClusterObject["body"], path: string): Readonly<Record<string, string>> {
  const [map = {}] = objectsAt(body, path);
  return Object.fromEntries(
    Object.entries(map).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** True when `labels` has everything that `wanted` asks for. */
export function carries(
  labels: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

/** `app=web,tier=front`, as kubectl takes it. */
export function selectorText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}
