import Docker from "dockerode";
import { parseDockerHost } from "../../../platform/docker-host";
import { AppError } from "../../../platform/errors";

/** A hung engine must not hang us: F11 of the fault matrix allows 10 s. */
const CALL_MS_MAX = 10_000;

/** The engine answered, and said no. Stays inside the driver: its edge translates it. */
export class EngineRefusal extends Error {
  override readonly name = "EngineRefusal";
  readonly statusCode: number;

  constructor(what: string, statusCode: number, reason: string) {
    super(`${what}: ${reason}`);
    this.statusCode = statusCode;
  }
}

export interface CallOptions {
  /** Defaults to 10 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The engine's API, every call with a deadline. */
export class EngineApi {
  readonly docker: Docker;

  constructor(dockerHost: string, certFolder?: string) {
    // An empty host keeps the client from preferring a tcp:// DOCKER_HOST of the environment over a socket file.
    this.docker = new Docker({ host: "", ...parseDockerHost(dockerHost, certFolder) });
  }

  /**
   * Makes one call. `what` names it in errors.
   *
   * @throws EngineRefusal when the engine refuses; AppError `driver.unreachable` when it does not answer in time, or
   * `wait.aborted` when `signal` aborts first.
   */
  async call<T>(what: string, run: (docker: Docker) => Promise<T>, options: CallOptions = {}): Promise<T> {
    const { timeoutMs = CALL_MS_MAX, signal } = options;
    if (signal?.aborted === true) throw new AppError("wait.aborted", `${what}: aborted`);
    let stopWaiting = (): void => undefined;
    const ended = new Promise<never>((_, reject) => {
      const onAbort = (): void => {
        reject(new AppError("wait.aborted", `${what}: aborted`));
      };
      const timer = setTimeout(() => {
        reject(
          new AppError("driver.unreachable", `${what}: no answer from the engine within ${timeoutMs} ms`),
        );
      }, timeoutMs);
      signal?.addEventListener("abort", onAbort, { once: true });
      stopWaiting = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
    });
    try {
      return await Promise.race([ended, run(this.docker)]);
    } catch (caught) {
      throw classify(what, caught);
    } finally {
      stopWaiting();
    }
  }
}

/** Waits for a call that may be answered by one of `statusCodes`: then, and only then, the answer is undefined. */
export async function unlessRefused<T>(
  statusCodes: readonly number[],
  call: Promise<T>,
): Promise<T | undefined> {
  try {
    return await call;
  } catch (caught) {
    if (caught instanceof EngineRefusal && statusCodes.includes(caught.statusCode)) return undefined;
    throw caught;
  }
}

/** The AppError for what a call threw; `otherwise` is the code for a refusal that has no code of its own. */
export function toDriverError(
  caught: unknown,
  otherwise: "sandbox.start-failed" | "driver.unreachable",
  details: Readonly<Record<string, string>> = {},
): AppError {
  if (caught instanceof AppError) return caught;
  const reason = caught instanceof Error ? caught.message : String(caught);
  const code = /no space left|disk quota exceeded/i.test(reason) ? "sandbox.disk-exhausted" : otherwise;
  return new AppError(code, reason, { cause: caught, details });
}

function classify(what: string, caught: unknown): unknown {
  if (caught instanceof AppError || caught instanceof EngineRefusal) return caught;
  const reason = caught instanceof Error ? caught.message : String(caught);
  const statusCode =
    caught instanceof Error && "statusCode" in caught ? Number(caught.statusCode) : undefined;
  if (statusCode === undefined)
    return new AppError("driver.unreachable", `${what}: ${reason}`, { cause: caught });
  return new EngineRefusal(what, statusCode, reason);
}
