import type { z } from "zod";
import { AppError } from "../platform/errors";

/**
 * What `whose` answered, as the schema has it: an attendee's root may have made it say anything.
 *
 * @throws AppError `agent.misbehaved` naming the first place that does not fit
 */
export function parseAnswer<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  whose: "cluster" | "engine",
): z.output<Schema> {
  const parsed = schema.safeParse(safeJson(text));
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new AppError("agent.misbehaved", `the ${whose}'s answer does not fit at ${where}`, {
    cause: parsed.error,
  });
}

/** Undefined for what is no JSON. */
export function safeJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
