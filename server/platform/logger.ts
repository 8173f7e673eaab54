import pino from "pino";

/**
 * Structured log. The first argument is a stable event name, `noun.past-tense-verb`; everything else is a field.
 * Never terminal bytes, tokens, environment, lab answers or whole SDK objects.
 */
export interface Logger {
  debug(event: string, fields?: Record<string, unknown>): void;
  info(event: string, fields?: Record<string, unknown>): void;
  warn(event: string, fields?: Record<string, unknown>): void;
  error(event: string, fields?: Record<string, unknown>): void;
  child(fields: Record<string, unknown>): Logger;
}

export interface LoggerOptions {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly format: "json" | "pretty";
}

/** A logger on standard output. Errors passed as the field `error` keep their stack and cause. */
export function createLogger({ level, format }: LoggerOptions): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: pino.stdSerializers.errWithCause },
    redact: ["*.password", "*.token", "*.ticket", "*.cookie", "*.authorization"],
  };
  if (format === "json") return wrap(pino(options));
  const transport = { target: "pino-pretty", options: { ignore: "pid,hostname", messageKey: "msg" } };
  return wrap(pino({ ...options, formatters: {}, transport }));
}

function wrap(target: pino.Logger): Logger {
  const write =
    (level: "debug" | "info" | "warn" | "error") =>
    (event: string, fields: Record<string, unknown> = {}): void => {
      target[level](fields, event);
    };
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: (fields) => wrap(target.child(fields)),
  };
}
