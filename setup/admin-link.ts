import path from "node:path";
import { createSetupLink } from "../server/accounts/create-setup-link";
import { createSetupLinkStore } from "../server/accounts/setup-link-store";
import { systemClock } from "../server/platform/clock";
import { parseConfig } from "../server/platform/config";
import { connectDatabase } from "../server/platform/database/database";
import { startEmbeddedPostgres } from "../server/platform/database/embedded-postgres";
import { applyMigrations } from "../server/platform/database/migrate";
import { runProgram } from "./progress";

const ROOT = path.resolve(import.meta.dirname, "..");
const POSTGRES_START_MS = 30_000;

/**
 * Prints a one-time link that makes one more admin: for whoever runs the machine, when no admin can sign in any more. Works while the platform
 * runs and while it does not.
 */
await runProgram(async () => {
  const { dataFolder, database: config, http } = parseConfig(process.env);
  const given = config.url?.reveal();
  const folder = path.join(dataFolder, "postgres");
  const own =
    given === undefined
      ? await startEmbeddedPostgres({ folder, database: "slipway", timeoutMs: POSTGRES_START_MS })
      : undefined;
  const url = given ?? own?.url ?? "";
  await applyMigrations(url, path.join(ROOT, "prisma/migrations"));
  const connection = connectDatabase(url);
  const setupLinks = createSetupLinkStore(connection.prisma);
  const token = await createSetupLink({ setupLinks, clock: systemClock })({ isAnother: true });
  await connection.close();
  // A server that was running is the platform's.
  if (own?.isAdopted === false) await own.stop();
  process.stdout.write(
    `\nOpen ${http.publicUrl}/setup#${token ?? ""} to make an admin (works once, for a day).\n`,
  );
  process.exit(0);
});
