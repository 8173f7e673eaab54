import { clsx, type ClassValue } from "clsx";

/** Joins class names; falsy ones are left out. Later Tailwind classes do not override earlier ones: do not write both. */
export function classNames(...values: ClassValue[]): string {
  return clsx(values);
}
