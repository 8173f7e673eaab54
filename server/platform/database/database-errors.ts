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

const UNAVAILABLE_WORDS =
  /Connection terminated|timeout exceeded when trying to connect|DatabaseNotReachable/;

/** Where libraries put the error that they wrap: the standard's `cause`, and Prisma's `meta.driverAdapterError`. */
const WRAPPERS = ["cause", "meta", "driverAdapterError"] as const;
const DEPTH_MAX = 8;

/** True for an error, at any depth of wrapping, that means "no database" rather than "a wrong query". */
export function isDatabaseUnavailable(error: unknown): boolean {
  return meansUnavailable(error, DEPTH_MAX);
}

/** True when a write was refused because a row with the same unique key exists; by Prisma's own query or by one in SQL. */
export function isUniqueViolation(error: unknown): boolean {
  return meansUniqueViolation(error, DEPTH_MAX);
}

function meansUniqueViolation(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null || depth === 0) return false;
  const fields = value as Record<string, unknown>;
  if (fields["code"] === "P2002" || fields["code"] === "23505" || fields["originalCode"] === "23505")
    return true;
  return WRAPPERS.some((name) => meansUniqueViolation(fields[name], depth - 1));
}

function meansUnavailable(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null || depth === 0) return false;
  const fields = value as Record<string, unknown>;
  const { code, message } = fields;
  if (typeof code === "string" && UNAVAILABLE_CODES.has(code)) return true;
  if (typeof message === "string" && UNAVAILABLE_WORDS.test(message)) return true;
  return WRAPPERS.some((name) => meansUnavailable(fields[name], depth - 1));
}
