import { TRPCClientError } from "@trpc/client";

/** What a screen needs to know about a failed call: a sentence for the reader, and whether trying again can help. */
export interface ApiError {
  readonly message: string;
  /** A code of the server's table, or `network.unreachable` when no answer came. */
  readonly code: string;
  readonly isRetryable: boolean;
  /** Messages by field name, for forms. */
  readonly fieldErrors: Readonly<Record<string, string>>;
}

/** Reads any thrown value of an API call. Never throws; unknown shapes become a sentence that says what to do. */
export function readApiError(caught: unknown): ApiError {
  const fields = caught instanceof TRPCClientError ? (caught.data as Partial<WireError> | null) : null;
  if (caught instanceof TRPCClientError && fields?.appCode !== undefined) {
    return {
      message: caught.message,
      code: fields.appCode,
      isRetryable: fields.isRetryable ?? false,
      fieldErrors: fields.fieldErrors ?? {},
    };
  }
  return {
    message: "Slipway did not answer. Your work in the sandbox is safe; check your connection and try again.",
    code: "network.unreachable",
    isRetryable: true,
    fieldErrors: {},
  };
}

/** What a form shows of a failed call: at each field what is about it, and the rest once. */
export interface FormProblem {
  readonly fields: Readonly<Record<string, string>>;
  readonly general: string | undefined;
}

/** Splits a call's error for a form. `fieldOf` may name the field that a code is about. Null is no error. */
export function readFormProblem(
  caught: unknown,
  fieldOf: (code: string) => string | undefined = () => undefined,
): FormProblem {
  if (caught === null) return { fields: {}, general: undefined };
  const problem = readApiError(caught);
  const field = fieldOf(problem.code);
  if (field !== undefined) return { fields: { [field]: problem.message }, general: undefined };
  const hasFields = Object.keys(problem.fieldErrors).length > 0;
  return { fields: problem.fieldErrors, general: hasFields ? undefined : problem.message };
}

interface WireError {
  readonly appCode: string;
  readonly isRetryable: boolean;
  readonly fieldErrors: Readonly<Record<string, string>>;
}
