import { commandsOf, endCommands } from "./run-command";

/** Somebody pressed Ctrl-C, or this process was told to end. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  /** As shells count it: 128 and the signal's number. */
  readonly exitCode: number;

  constructor(signal: "SIGINT" | "SIGTERM") {
    super(`ended by ${signal}`);
    this.exitCode = signal === "SIGINT" ? 130 : 143;
  }
}

const cleanUps = new Set<() => Promise<void>>();

/** Has `cleanUp` done when an interruption cuts the work short that it belongs to. Answers how to take that back, once it is over. */
export function onInterruption(cleanUp: () => Promise<void>): () => void {
  cleanUps.add(cleanUp);
  return () => {
    cleanUps.delete(cleanUp);
  };
}

/**
 * Runs `work`, which Ctrl-C or SIGTERM cuts short: the commands that it runs are ended, its clean-ups are done, and this rejects, so that
 * whoever called it stops what was started before. What `work` itself still does is left to the end of this process.
 *
 * @throws Interrupted, or what `work` throws
 */
export async function interruptible<Result>(work: () => Promise<Result>): Promise<Result> {
  const state = { isOver: false };
  let interrupt: (signal: "SIGINT" | "SIGTERM") => void = () => undefined;
  const interrupted = new Promise<never>((_, reject) => {
    interrupt = (signal) => {
      process.stderr.write("\n  stopping\n");
      state.isOver = true;
      void endCommands()
        .then(() => Promise.allSettled([...cleanUps].map((cleanUp) => cleanUp())))
        .then(() => {
          reject(new Interrupted(signal));
        });
    };
  });
  // Once: a second Ctrl-C must not begin another end.
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  const hold = (): void => undefined;
  process.on("SIGINT", hold).on("SIGTERM", hold);
  try {
    // What a command makes of its end is not how the work ends.
    const ended = commandsOf.run(state, work).finally(() => (state.isOver ? interrupted : undefined));
    return await Promise.race([ended, interrupted]);
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    process.off("SIGINT", hold).off("SIGTERM", hold);
  }
}
