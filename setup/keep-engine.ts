import { isOwnEngineRunning, startOwnEngine } from "./own-engine";
import type { Report } from "./setup-problem";

/** How soon an engine of ours that has died is noticed. */
const WATCH_MS = 2_000;

/**
 * Starts our own engine again whenever it has died, until the returned function is called, which resolves when no start is
 * under way. Its containers go on meanwhile.
 */
export function keepEngineRunning(dataFolder: string, report: Report): () => Promise<void> {
  let restart: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    if (await isOwnEngineRunning(dataFolder)) return;
    report("the Docker Engine has died; starting it again");
    await startOwnEngine(dataFolder);
  };
  const watch = setInterval(() => {
    restart ??= look()
      .catch((error: unknown) => {
        report(error instanceof Error ? error.message : String(error));
      })
      .finally(() => {
        restart = undefined;
      });
  }, WATCH_MS);
  return async () => {
    clearInterval(watch);
    await restart;
  };
}
