import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Has this process's memory collected once what is under way now has settled: what only happens to be alive still is gone then. */
export async function collectMemory(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  await new Promise(setImmediate);
  collect();
}
