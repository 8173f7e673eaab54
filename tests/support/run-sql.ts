import { readFile } from "node:fs/promises";
import path from "node:path";
import pg from "pg";

/** Runs a statement in the embedded Postgres of a folder; a process of its own, for one that runs in another network. */
const [folder = "", statement = ""] = process.argv.slice(2);
const [pidFile, password] = await Promise.all([
  readFile(path.join(folder, "pgdata/postmaster.pid"), "utf8"),
  readFile(path.join(folder, "password"), "utf8"),
]);
const client = new pg.Client({
  ...{ host: "127.0.0.1", port: Number(pidFile.split("\n")[3]) },
  ...{ user: "slipway", database: "slipway", password: password.trim() },
});
client.on("error", () => undefined);
await client.connect();
try {
  await client.query(statement);
} finally {
  await client.end();
}
