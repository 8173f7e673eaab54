import { parseArgs } from "node:util";

/** What may be given after a benchmark's name, by what holds when it is not: `--claims 3`. */
type Defaults = Readonly<Record<string, number | string>>;
type Options<D extends Defaults> = { readonly [Name in keyof D]: D[Name] extends number ? number : string };

/** Reads the command line. @throws for a flag that `defaults` does not have, and for a number that is none */
export function readOptions<D extends Defaults>(defaults: D): Options<D> {
  const { values } = parseArgs({
    options: Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: "string" } as const])),
  });
  const read = Object.entries(defaults).map(([name, fallback]) => {
    const given = values[name];
    if (typeof given !== "string") return [name, fallback];
    return [name, typeof fallback === "number" ? countOf(name, given) : given];
  });
  return Object.fromEntries(read) as Options<D>;
}

function countOf(name: string, given: string): number {
  const count = Number(given);
  if (!Number.isInteger(count) || count < 0) throw new Error(`--${name} ${given}: not a whole number`);
  return count;
}
