import { isDatabaseUnavailable } from "./database/database-errors";
import { AppError, toAppError } from "./errors";

/** Turns anything caught into our error, with an unreachable database named as such. */
export function asAppError(caught: unknown): AppError {
  if (!isDatabaseUnavailable(caught)) return toAppError(caught);
  return new AppError("database.unavailable", toAppError(caught).message, { cause: caught });
}
