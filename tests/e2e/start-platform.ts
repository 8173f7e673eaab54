import { randomUUID } from "node:crypto";
import { makeDataFolder, removeDataFolder, startPlatform } from "../support/platform";

/** Starts one real platform for the journeys; what they need to know travels in the environment. */
export default async function startForJourneys(): Promise<() => Promise<void>> {
  const dataFolder = await makeDataFolder();
  const platform = await startPlatform({ dataFolder }).catch(async (failure: unknown) => {
    await removeDataFolder(dataFolder);
    throw failure;
  });
  process.env["E2E_URL"] = platform.url;
  process.env["E2E_JOIN_CODE"] = platform.joinCode;
  process.env["E2E_SETUP_URL"] = platform.setupUrl ?? "";
  process.env["E2E_PASSWORD"] = randomUUID();
  return async () => {
    const exitCode = await platform.stop();
    await removeDataFolder(dataFolder);
    if (exitCode !== 0)
      throw new Error(`the platform ended with ${String(exitCode)}:\n${platform.output().slice(-4_000)}`);
  };
}
