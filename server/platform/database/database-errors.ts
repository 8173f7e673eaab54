/** Codes by which Prisma, pg and the socket say that there is no database to talk to. */
const UNAVAILABLE_CODES = new Set([
  "P1001", // can't reach the server
  "P1002", // the server timed out
  "P1008", // operation timed out
  "P1017", // the server closed the connection
  "P2024", // no connection from the pool
  "57P01", // admin shutdown
  "57P02", // crash shutdown
  "57P03", // cannot connect now
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "EPIPE",
]);

/** True for an error, at any depth of causes, that means "no database" rather than "a wrong query". */
export function isDatabaseUnavailable(error: unknown): boolean {
  for (
    let depth = 0, current = error;
    depth < 6 && current instanceof Error;
    depth += 1, current = current.cause
  ) {
    const code = (current as { code?: unknown }).code;
    if (typeof code === "string" && UNAVAILABLE_CODES.has(code)) return true;
    if (
      /Connection terminated|timeout exceeded when trying to connect|DatabaseNotReachable/.test(
        current.message,
      )
    )
      return true;
  }
  return false;
}

/** True when a write was refused because a row with the same unique key exists. */
export function isUniqueViolation(error: unknown): boolean {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return code === "P2002" || code === "23505";
}
