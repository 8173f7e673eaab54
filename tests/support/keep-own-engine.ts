import { keepEngineRunning } from "../../setup/keep-engine";
import { startOwnEngine } from "../../setup/own-engine";

/**
 * Does for the engine of one data folder what `npm start` does: starts it, says so in a line, and starts it again whenever it has
 * died. SIGTERM ends the keeping, not the engine. A process of its own, so that it can live in a network of its own.
 */
const dataFolder = process.argv[2] ?? "";
await startOwnEngine(dataFolder);
const stopKeeping = keepEngineRunning(dataFolder, (text) => process.stderr.write(`${text}\n`));
process.once("SIGTERM", () => {
  void stopKeeping().then(() => process.exit(0));
});
process.stdout.write("the engine answers\n");
