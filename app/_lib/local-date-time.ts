/** The value of a `datetime-local` field for a moment, in the reader's own zone. */
export function toLocalInput(at: Date): string {
  const pad = (part: number) => String(part).padStart(2, "0");
  const day = [String(at.getFullYear()).padStart(4, "0"), pad(at.getMonth() + 1), pad(at.getDate())].join(
    "-",
  );
  return `${day}T${pad(at.getHours())}:${pad(at.getMinutes())}`;
}

/** The moment that a `datetime-local` field names in the reader's own zone; undefined when it is empty or no date. */
export function fromLocalInput(value: string): Date | undefined {
  const at = new Date(value);
  return value === "" || Number.isNaN(at.getTime()) ? undefined : at;
}

/** The next full hour, for a field's first value. */
export function nextHour(now: Date): Date {
  const at = new Date(now);
  at.setHours(at.getHours() + 1, 0, 0, 0);
  return at;
}
