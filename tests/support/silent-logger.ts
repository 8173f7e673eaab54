import type { Logger } from "../../server/platform/logger";

/** A logger that keeps what it is told, for tests that assert on it, and prints nothing. */
export function silentLogger(
  entries: { level: string; event: string; fields: Record<string, unknown> }[] = [],
): Logger {
  const write =
    (level: string) =>
    (event: string, fields: Record<string, unknown> = {}): void => {
      entries.push({ level, event, fields });
    };
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: () => silentLogger(entries),
  };
}
