const SECONDS_PER_MINUTE = 60;
const MINUTES_PER_HOUR = 60;
const HOURS_PER_DAY = 24;

/** A wait in words, rounded the way people say it: "a few seconds", "about 40 seconds", "about 3 minutes". */
export function waitWords(seconds: number): string {
  if (seconds < 8) return "a few seconds";
  if (seconds < 55) return `about ${String(Math.ceil(seconds / 5) * 5)} seconds`;
  const minutes = Math.max(1, Math.round(seconds / SECONDS_PER_MINUTE));
  if (minutes < MINUTES_PER_HOUR) return `about ${counted(minutes, "minute")}`;
  return `about ${counted(Math.round(minutes / MINUTES_PER_HOUR), "hour")}`;
}

/** How long ago, short enough for a table: "now", "4 min", "3 h", "2 d". A clock that runs ahead reads as "now". */
export function agoWords(at: Date, nowMs: number): string {
  const minutes = Math.floor((nowMs - at.getTime()) / (1_000 * SECONDS_PER_MINUTE));
  if (minutes < 1) return "now";
  if (minutes < MINUTES_PER_HOUR) return `${String(minutes)} min`;
  const hours = Math.floor(minutes / MINUTES_PER_HOUR);
  if (hours < 2 * HOURS_PER_DAY) return `${String(hours)} h`;
  return `${String(Math.floor(hours / HOURS_PER_DAY))} d`;
}

/** "1 step", "3 steps". Only for words whose plural is an s. */
export function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Minutes of work in words: "25 min", "1 h 20 min". */
export function minutesWords(minutes: number): string {
  if (minutes < MINUTES_PER_HOUR) return `${String(minutes)} min`;
  const rest = minutes % MINUTES_PER_HOUR;
  const hours = `${String(Math.floor(minutes / MINUTES_PER_HOUR))} h`;
  return rest === 0 ? hours : `${hours} ${String(rest)} min`;
}

/** A day and time in the reader's own zone and language. */
export function dateTimeWords(at: Date): string {
  return at.toLocaleString(undefined, {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
}

/** A time of day in the reader's own zone. */
export function timeWords(at: Date): string {
  return at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}

/** Two moments as one span; the day is said once when both are on it. */
export function spanWords(from: Date, to: Date): string {
  const isSameDay = from.toDateString() === to.toDateString();
  const end = isSameDay
    ? to.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" })
    : dateTimeWords(to);
  return `${dateTimeWords(from)} – ${end}`;
}
